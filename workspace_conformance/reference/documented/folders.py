"""Documents: folders below the roots, and what is in them."""

from ..paging import paged
from ..values import Call, Json, Outcome
from .library import Library, Record
from .showing import Showing

FOLDER = ("files", "folder")
FILE = ("files", "file")

ROOTS = ("@my", "@common", "@projects", "@share", "@recent", "@favorites", "@templates", "@trash")
"""The folders that everything else is below; the first records of their family, in this order."""


class Folders:
    """What is in the folders of a library."""

    def __init__(self, library: Library, showing: Showing) -> None:
        self._library = library
        self._showing = showing

    def parent(self, record: Record) -> Record | None:
        """The folder that a folder or a file is in; None for a root."""
        for family, id in record.under:
            if family == FOLDER:
                return next((one for one in self._folders() if str(one.id) == id), None)
        if record.number is None:
            return None
        if record.family == FOLDER:
            below = record.number - len(ROOTS)
            if below < 0:
                return None
            # The first two are in a root, any others in the first of these.
            return self._folders()[0 if below < 2 else len(ROOTS)]
        return self._folders()[record.number % 2]

    def _folders(self) -> list[Record]:
        return self._library.all(FOLDER)

    def read(self, call: Call, name: str, words: tuple[str, ...]) -> Outcome | None:
        """What is in a folder, for the operations that tell that; None for others."""
        assert call.place.route is not None
        if name == "files/@root":
            return paged(call, self._folders()[: len(ROOTS)], self.content)
        if name.removeprefix("files/") in ROOTS:
            return Outcome(200, value=self.content(self._folders()[ROOTS.index(name[6:])]))
        if name == "files/{folderId}":
            kind = call.place.route.operations["GET"].path_parameters[0].type
            return Outcome(200, value=self.content(self._library.find(FOLDER, words[0], kind)))
        if name in ("files/folder/{folderId}", "files/folder/{folderId}/path"):
            kind = call.place.route.operations["GET"].path_parameters[0].type
            folder = self._library.find(FOLDER, words[0], kind)
            if name.endswith("path"):
                return paged(
                    call, self._above(folder), lambda one: self.shown(one, "FolderWrapper")
                )
            return Outcome(200, value=self.shown(folder, "FolderWrapper"))
        return None

    def content(self, folder: Record) -> Json:
        """A folder with the folders and files in it."""
        files = self._inside(FILE, folder, "FileWrapper")
        folders = self._inside(FOLDER, folder, "FolderWrapper")
        return {
            "files": files,
            "folders": folders,
            "current": self.shown(folder, "FolderWrapper"),
            "pathParts": [{"key": str(one.id), "path": str(one.id)} for one in self._above(folder)],
            "startIndex": 0,
            "count": len(files) + len(folders),
            "total": len(files) + len(folders),
            "new": 0,
        }

    def _above(self, folder: Record) -> list[Record]:
        found = [folder]
        while (parent := self.parent(found[0])) is not None:
            found.insert(0, parent)
        return found

    def _inside(self, family: tuple[str, str], folder: Record, type_name: str) -> list[Json]:
        inside = (one for one in self._library.all(family) if self.parent(one) is folder)
        return [self.shown(one, type_name) for one in inside]

    def shown(self, record: Record, type_name: str) -> Json:
        """A folder or a file, with the id of the folder that it is in."""
        value = self._showing.record(record, type_name)
        parent = self.parent(record)
        name = "parentId" if record.family == FOLDER else "folderId"
        id = parent.id if parent is not None else 0
        return {**value, name: id} if isinstance(value, dict) else value
