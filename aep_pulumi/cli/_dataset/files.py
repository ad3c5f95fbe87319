"""Files: downloads the files of a dataset's batches to a temporary folder, which is removed in the end."""

import signal
import sys
import tempfile
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aep_pulumi.cli._dataset.sandbox import Dataset
from aep_pulumi.client import Client, catalog, data_access
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import AepError, NotFoundError
from aep_pulumi.review.wording import counted

_AT_ONCE = 8
_TERMINATED = 143
_MB = 1_000_000
_EXPIRED = "are no longer on Platform: they have expired or been deleted"
_PARQUET = b"PAR1"
_UNREADABLE = {b"Obj\x01": "Avro", b"ORC": "ORC"}


@dataclass(frozen=True)
class LocalFile:
    """A file that has been downloaded."""

    path: Path
    format: str
    """`parquet`, `json` or `csv`."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed in the end, also if the process is terminated."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        with tempfile.TemporaryDirectory(prefix="aep-dataset-") as folder:
            yield Path(folder)
    finally:
        signal.signal(signal.SIGTERM, before)


class Downloads:
    """The downloads of one command.

    Args:
        platform: the client.
        folder: where the files are written.
        most_mb: the most megabytes to download.
    """

    def __init__(self, platform: Client, folder: Path, most_mb: int) -> None:
        self._platform, self._folder, self._most, self._left = platform, folder, most_mb * _MB, most_mb * _MB
        self._count = 0

    def newest(self, dataset: Dataset) -> Iterator[tuple[RemoteObject, list[LocalFile]]]:
        """The batches of a dataset that have files, newest first, each downloaded when it is reached.

        Raises:
            AepError: none of the batches with rows has any.
        """
        expired = has_files = False
        for batch in catalog.batches_with_rows(self._platform, dataset.id):
            if files := self._of(dataset, [batch]):
                has_files = True
                yield batch, files
            else:
                expired = expired or _has_rows(batch)
        if expired and not has_files:
            raise AepError(f'files of dataset "{dataset.name}" {_EXPIRED}')

    def all(self, dataset: Dataset) -> list[LocalFile]:
        """All files of a dataset.

        Raises:
            AepError: a batch has rows, but no files: a query would not see these rows.
        """
        batches = {each.id: each for each in catalog.batches_with_rows(self._platform, dataset.id)}
        return self._of(dataset, batches.values(), must_be_complete=True)

    def _of(self, dataset: Dataset, batches: Collection[RemoteObject], *, must_be_complete: bool = False) -> list[LocalFile]:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            try:
                by_batch = list(threads.map(self._files_of, batches))
                expired = sum(_has_rows(batch) and not files for batch, files in zip(batches, by_batch, strict=True))
                if expired and must_be_complete:
                    raise AepError(
                        f'files of dataset "{dataset.name}" {_EXPIRED}: {expired} of its {len(batches)} batches have none'
                    )
                files = [file for listed in by_batch for file in listed]
                size = sum(each.size for each in files)
                if size > self._left:
                    raise AepError(
                        f'dataset "{dataset.name}" has {counted(len(files), "file")} with {size / _MB:,.0f} MB to read, more '
                        f"than the limit of {self._most / _MB:,.0f} MB: raise it with --max-mb, or query it on Platform"
                    )
                self._left -= size
                return list(threads.map(self._download, files, self._paths(len(files))))
            except NotFoundError as error:
                raise AepError(f'files of dataset "{dataset.name}" {_EXPIRED} ({error})') from None
            finally:
                threads.shutdown(cancel_futures=True)

    def _files_of(self, batch: RemoteObject) -> list[data_access.BatchFile]:
        return list(data_access.files_of(self._platform, batch.id))

    def _paths(self, count: int) -> list[Path]:
        first, self._count = self._count, self._count + count
        return [self._folder / str(number) for number in range(first, self._count)]

    def _download(self, file: data_access.BatchFile, path: Path) -> LocalFile:
        data_access.download(self._platform, file, path)
        with path.open("rb") as content:
            beginning = content.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")
        if other := next((name for magic, name in _UNREADABLE.items() if beginning.startswith(magic)), None):
            raise AepError(f"file {file.name} has the format {other}, which this command cannot read")
        if beginning.startswith(_PARQUET):
            return LocalFile(path, "parquet")
        return LocalFile(path, "json" if beginning.startswith((b"{", b"[")) else "csv")


def _has_rows(batch: RemoteObject) -> bool:
    """Whether a batch is known to have rows; without a count, it may have none."""
    return bool(batch.body.get("recordCount"))
