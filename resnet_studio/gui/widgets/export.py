"""Copying and saving of what a panel shows: pictures and tables."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from PySide6.QtCore import QAbstractItemModel, QBuffer, QCoreApplication, QIODevice, QModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QImage

from resnet_studio.errors import StudioError
from resnet_studio.files import write_bytes_atomic
from resnet_studio.gui.studio import Studio


def copy_image(image: QImage) -> None:
    """Puts a picture into the clipboard."""
    QGuiApplication.clipboard().setImage(image)


def save_image(studio: Studio, image: QImage, suggested: str) -> Path | None:
    """Asks for a name and saves a picture as PNG; returns the path, None if nothing was saved."""
    title = _tr("Save picture")
    path = studio.save_file(title, suggested, _tr("PNG picture (*.png)"))
    if path is None:
        return None
    return save_bytes(studio, png_bytes(image), path.with_suffix(".png"))


def save_table(studio: Studio, model: QAbstractItemModel, suggested: str) -> Path | None:
    """Asks for a name and saves a table as CSV; returns the path, None if nothing was saved."""
    path = studio.save_file(_tr("Save table"), suggested, _tr("CSV table (*.csv)"))
    if path is None:
        return None
    return save_bytes(studio, table_to_csv(model).encode("utf-8"), path.with_suffix(".csv"))


def save_bytes(studio: Studio, content: bytes, path: Path) -> Path | None:
    """Writes a file; a failure becomes a message that names file, cause and remedy."""
    try:
        write_bytes_atomic(path, content)
    except OSError as error:
        studio.show_error(
            StudioError(
                _tr("{file} was not saved: {reason}.").format(
                    file=path, reason=error.strerror or error
                ),
                remedy=_tr("Choose another folder or free some space."),
            )
        )
        return None
    studio.show_message(_tr("Saved {file}.").format(file=path))
    return path


def png_bytes(image: QImage) -> bytes:
    """Returns a picture as the bytes of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def table_to_csv(model: QAbstractItemModel) -> str:
    """Returns a table or tree as CSV text with a header line; a tree's rows are in depth order."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    columns = range(model.columnCount())
    writer.writerow(
        [str(model.headerData(column, Qt.Orientation.Horizontal) or "") for column in columns]
    )
    _write_rows(model, QModelIndex(), writer)
    return target.getvalue()


def _write_rows(model: QAbstractItemModel, parent: QModelIndex, writer: csv.Writer) -> None:  # type: ignore[name-defined]
    for row in range(model.rowCount(parent)):
        indexes = [model.index(row, column, parent) for column in range(model.columnCount(parent))]
        writer.writerow([str(model.data(index) or "") for index in indexes])
        _write_rows(model, indexes[0], writer)


def _tr(text: str) -> str:
    return QCoreApplication.translate("export", text)
