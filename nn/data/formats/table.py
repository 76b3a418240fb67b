"""CSV: rows of text, all of the same length."""

from __future__ import annotations

import csv
import io
import os

from ..errors import FormatError
from .text import read_text


def read_csv(
    path: str | os.PathLike[str], *, delimiter: str = ",", header: bool = True
) -> tuple[list[str], list[list[str]], list[int]]:
    """The cells of a CSV file, plain or gzip, as text.

    Parameters
    ----------
    header : bool
        Whether the first row has the names; otherwise they are "0", "1", ...

    Returns
    -------
    names : of the columns
    rows : lists of cells, stripped of blanks around them
    lines : number of the line in which each row ends, for messages

    Raises
    ------
    MissingDataError
        If there is no such file.
    FormatError
        Naming the line, if rows differ in length or a quotation does not end.

    Source
    ------
    Shafranovich (2005), RFC 4180.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data.formats import read_csv
    >>> path = Path(tempfile.mkdtemp(), "a.csv")
    >>> _ = path.write_text("size,kind\\n1.5,small\\n")
    >>> read_csv(path)
    (['size', 'kind'], [['1.5', 'small']], [2])
    """
    reader = csv.reader(io.StringIO(read_text(path)), delimiter=delimiter, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if row:
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as e:
        raise FormatError(f"{path}: line {reader.line_num}: {e}") from None
    if not rows:
        raise FormatError(f"{path}: line 1: the file has no rows")
    width = len(rows[0])
    for row, line in zip(rows, lines):
        if len(row) != width:
            raise FormatError(
                f"{path}: line {line}: {len(row)} cells, but the first row has {width}"
            )
    if not header:
        return [str(i) for i in range(width)], rows, lines
    names = rows[0]
    if len(set(names)) < width:
        raise FormatError(f"{path}: line {lines[0]}: two columns have the same name, in {names}")
    return names, rows[1:], lines[1:]
