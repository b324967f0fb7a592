"""The download of `datasets`, run by tests/bench/pulling.py in an environment of its own.

python downloading.py URL prints the seconds it took; HF_HOME names an empty cache.
"""

import sys
import time


def main(url: str) -> None:
    """Download a file into the cache of `datasets`, which digests it as for its own data sets."""
    from datasets import DownloadManager

    manager = DownloadManager(record_checksums=True)
    start = time.perf_counter()
    manager.download(url)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
