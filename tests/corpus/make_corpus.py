"""
Writes the corpus: one file per hostile message, in the folder that says what becomes of it.

A folder is a refusal's kind; ``picture`` are those that no JPEG can show, ``spoilt-value`` those whose picture is
shown although a value is damaged, ``shown`` those that are strange and nothing else.  Each run writes the same bytes:

    python -m tests.corpus.make_corpus
"""

import shutil
from collections.abc import Iterator

from tests.corpus.blobs import bad_blobs
from tests.corpus.container import HERE, pack
from tests.corpus.definitions import bad_definitions
from tests.corpus.good import Hostile
from tests.corpus.headers import bad_headers, bad_parts
from tests.corpus.images import bad_images, strange_ones

# What is larger is made when it is needed.
STORED_BYTES = 20_000


def all_messages() -> Iterator[Hostile]:
    """Make every message, the large ones too."""
    for make in (bad_parts, bad_headers, bad_definitions, bad_blobs, bad_images, strange_ones):
        yield from make()


def stored_files() -> dict[str, bytes]:
    """Return what shall stand in the folder: bytes by path."""
    files = {f"{kind}/{name.replace(' ', '-')}.msg": pack(parts) for kind, name, parts in all_messages()}
    return {path: packed for path, packed in files.items() if len(packed) <= STORED_BYTES}


def main() -> None:
    """Write the folder anew."""
    for folder in HERE.iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            shutil.rmtree(folder)
    for path, packed in stored_files().items():
        (HERE / path).parent.mkdir(exist_ok=True)
        (HERE / path).write_bytes(packed)


if __name__ == "__main__":
    main()
