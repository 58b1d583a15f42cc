"""`python -m transcripts.assistant.pdf_text LETTERS <file.pdf`: its text, with an exit code other than 0 for what is none."""

from __future__ import annotations

import io
import resource
import sys

MOST_PAGES = 300
MEMORY = 1024**3
PROCESSOR_SECONDS = 15


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr] # it is a text stream here
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    most, told = int(sys.argv[1]), 0
    try:
        for page in PdfReader(io.BytesIO(sys.stdin.buffer.read())).pages[:MOST_PAGES]:
            text = page.extract_text()
            sys.stdout.write(f"{text}\n\n")
            told += len(text)
            if told > most:
                break
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, MemoryError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
