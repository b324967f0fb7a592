"""Inspect AI asks the same server: run by tests/bench/asking.py in an environment of its own.

python inspecting.py BASE_URL INSTANCES SAMPLES CONNECTIONS LOGS prints the seconds it took.
"""

import sys
import time


def main(base_url: str, instances: str, samples: str, connections: str, logs: str) -> None:
    """Ask `instances` questions `samples` times each, and score nothing."""
    from inspect_ai import Task, eval
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.solver import generate

    questions = [Sample(input=f"What is ten times {n}?") for n in range(int(instances))]
    config = GenerateConfig(max_connections=int(connections), temperature=0.7, max_tokens=100)
    model = get_model("openai-api/loop/scripted", base_url=base_url, api_key="none", config=config)
    task = Task(dataset=MemoryDataset(questions), solver=generate(), epochs=int(samples))
    start = time.perf_counter()
    (log,) = eval(
        task,
        model=model,
        log_dir=logs,
        display="none",
        max_samples=2 * int(connections),
        score=False,
    )
    seconds = time.perf_counter() - start
    if log.status != "success":
        raise SystemExit(f"Inspect AI did not finish: {log.error}")
    print(seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
