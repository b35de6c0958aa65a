"""The target's own description (OpenAPI 3.0 or 3.1): operations beyond the documentation.

They become the rows that schemas/documented.json has, and are judged as those are. What the
documentation lists is left out: it is judged by its own row, and not twice. A copy of the vendor's
file is read as well, with regular expressions in its paths and operations without responses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workspace_conformance.contract.described_reading import read
from workspace_conformance.contract.description_file import (
    LARGEST,
    DescribedError,
    DescriptionFile,
)
from workspace_conformance.contract.documented import Field, Operation, read_documented


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """What a file tells of operations that the documentation does not list.

    source: the name of the file. sha256: its digest, in hexadecimal. operations: in its order.
    records: the members of the types of records that they answer. values: what a required parameter
    of a query is asked with, by "operation?parameter". acts: why a GET is never sent, by its name.
    documented: how many operations of the file the documentation lists. elsewhere: how many are not
    below api/2.0, or have a method that the API does not know. data: all of this as plain data.
    """

    source: str
    sha256: str
    operations: tuple[Operation, ...]
    records: Mapping[str, tuple[Field, ...]] = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    acts: Mapping[str, str] = field(repr=False)
    documented: int
    elsewhere: int
    data: Mapping[str, Any] = field(repr=False)

    @property
    def words(self) -> str:
        """How much it tells, in words."""
        reads = sum(operation.is_read for operation in self.operations)
        more = [f"{len(self.operations)} operations beyond the documentation, {reads} to be read"]
        if self.documented:
            more.append(f"{self.documented} that the documentation lists")
        if self.elsewhere:
            more.append(f"{self.elsewhere} that are not of this API")
        return f"{self.source} describes {'; '.join(more)}"


def load(file: Path) -> Description:
    """Read a description. Raises DescribedError, in one sentence, for what cannot be used."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DescribedError(f"{file} cannot be read: {error.strerror or error}") from None
    if len(raw) > LARGEST:
        raise DescribedError(f"{file} is larger than {LARGEST >> 20} MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DescribedError(f"{file} is no text in UTF-8") from None
    told = read(DescriptionFile(file.name, text))
    return of_data({"source": file.name, "sha256": hashlib.sha256(raw).hexdigest(), **told})


def of_data(data: Mapping[str, Any]) -> Description:
    """The description that `Description.data` holds as plain data. Raises DescribedError for none."""
    try:
        rows = read_documented(
            {"operations": data["operations"], "records": data["records"]}, data["source"]
        )
        return Description(
            data["source"],
            data["sha256"],
            rows.operations,
            rows.records,
            data["values"],
            data["acts"],
            data["documented"],
            data["elsewhere"],
            data,
        )
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise DescribedError(f"a description cannot be read from these data: {error}") from None
