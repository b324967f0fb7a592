"""lm-evaluation-harness's own metric, run by tests/bench/scoring.py in an environment of its own.

python harnessing.py PREDICTIONS RELEASES prints the seconds it took.
"""

import sys
import time


def main(predictions: str, releases: str) -> None:
    """Grade that many answers on that many releases, one document at a time as a task does."""
    from lm_eval.api.metrics import exact_match_fn, mean

    count = int(predictions)
    truth = [f"{number / 8}" for number in range(count)]
    told = [text if place % 2 == 0 else "-1" for place, text in enumerate(truth)]
    start = time.perf_counter()
    for _ in range(int(releases)):
        marks = [
            exact_match_fn(predictions=[answer], references=[label])["exact_match"]
            for answer, label in zip(told, truth, strict=True)
        ]
        mean(marks)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
