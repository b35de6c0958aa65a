"""One archive of a run: certificate, evidence, result, reports, and how to verify them."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workspace_conformance.reporting.certificate import Doubt

CERTIFICATE = "certificate.json"
EVIDENCE = "exchanges.har"
_NEEDED = (CERTIFICATE, EVIDENCE, "results.json")
_FURTHER = ("report.html", "summary.md", "badge.json")
_SCRIPTS = "reproduce"
LARGEST = 2_000_000_000  # bytes, unpacked
_DAY = (1980, 1, 1, 0, 0, 0)  # of every file in the archive: the same reports make the same archive

README = """# Conformance of {url}

{result}: {words}

This archive holds a run of workspace-conformance {version}, a contract-conformance suite of the
ONLYOFFICE Workspace API, that ended {finished} (profile: {profile}).

* `certificate.json`: the result as an in-toto Statement{signed}
* `exchanges.har`: all traffic of the run, the evidence; secrets are pseudonyms in it
* `results.json`: every case
* `report.html`: the same for people; it needs no network
* `reproduce/`: scripts of curl lines that show violations again, if there were any

## How to verify it

With Python 3.11 or newer and workspace-conformance {version} installed, in a folder with this archive:

```sh
workspace-conformance verify THIS_ARCHIVE.zip{key}
```

It checks signature and digests, judges the recorded exchanges again without sending anything, and
prints whose result it is, when and how much was judged. `--expect PASSED` and `--max-age DAYS` make
it fail for anything else.{whose}
"""


def is_bundle(file: Path) -> bool:
    """Whether a file is an archive, and no certificate."""
    return zipfile.is_zipfile(file)


def made(folder: Path, output: Path | None) -> Path:
    """Make the archive of a run's reports in `folder`; its path. Raises Doubt, with a sentence, where
    they are not all there or do not belong together.
    """
    lacking = [name for name in _NEEDED if not (folder / name).is_file()]
    if lacking:
        raise Doubt(f"{folder} lacks {', '.join(lacking)}: a bundle is of a run that ended")
    try:
        data = json.loads((folder / "results.json").read_text("utf-8"))
        told = json.loads((folder / CERTIFICATE).read_text("utf-8"))
        signed = "payload" in told
        told = json.loads(base64.b64decode(told["payload"])) if signed else told
        text = _readme(data, str(told["predicate"]["result"]), signed=signed)
        day = str(data["finished"])[:10]
    except (ValueError, KeyError, TypeError):
        raise Doubt(f"{folder} holds no results of this suite") from None
    file = output or folder.resolve().parent / f"conformance-{day}.zip"
    scripts = sorted((folder / _SCRIPTS).glob("*")) if (folder / _SCRIPTS).is_dir() else []
    names = [name for name in (*_NEEDED, *_FURTHER) if (folder / name).is_file()]
    draft = file.with_name(f"{file.name}.tmp")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry("README.md"), text, zipfile.ZIP_DEFLATED)
        for name in (*names, *(f"{_SCRIPTS}/{script.name}" for script in scripts)):
            archive.writestr(_entry(name), (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)
    draft.replace(file)
    return file


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DAY)
    entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
    return entry


def _readme(data: Mapping[str, Any], result: str, *, signed: bool) -> str:
    """How to verify it; `result` is what the certificate says, of known deviations WARNED too."""
    counts = data["counts"]["requirements"]["MUST"]
    return README.format(
        url=data["target"]["url"],
        result=result,
        words=f"{counts['passed']} of {sum(counts.values())} MUST requirements passed, "
        f"{counts['failed']} violated; the target is {data['verdict']}.",
        version=data["suite"]["version"],
        finished=data["finished"],
        profile=data.get("profile", "not named"),
        signed=", signed (DSSE, Ed25519)" if signed else "; it is not signed",
        key=" --key PUBLIC_KEY.pem" if signed else "",
        whose="\nGet the public key from the signer by another way than this archive."
        if signed
        else "",
    )


def opened(file: Path, folder: Path) -> None:
    """Unpack a bundle into an empty folder: what a certificate is checked against, and nothing else.
    Raises Doubt for one that lacks it, or is unreasonably large.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            held = {entry.filename: entry for entry in archive.infolist()}
            lacking = [name for name in _NEEDED if name not in held]
            if lacking:
                raise Doubt(f"the bundle lacks {', '.join(lacking)}")
            if sum(held[name].file_size for name in _NEEDED) > LARGEST:
                raise Doubt("the bundle is larger than any run's")
            for name in _NEEDED:
                with archive.open(held[name]) as source, (folder / name).open("wb") as out:
                    left = held[name].file_size
                    while left and (block := source.read(min(left, 1 << 20))):
                        out.write(block)
                        left -= len(block)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        raise Doubt("the bundle cannot be read: it was cut off or changed") from None
