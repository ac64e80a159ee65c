"""Word documents and workbooks as the zip archives that they are."""

import io
import zipfile
import zlib
from struct import error as StructError
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError
from xml.sax import SAXException

from knowledge.documents.limits import MOST_UNPACKED_BYTES
from knowledge.errors import BadDocument

_ZIP_MAGIC = b"PK"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"
# With a password such a file is no zip but an OLE file with this stream (MS-OFFCRYPTO 2.3.4.4).
_PASSWORDED = "EncryptedPackage".encode("utf-16-le")
# Neither openpyxl nor mammoth promises an exception of its own for a damaged file; these are what their parts raise.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    StructError,
    ParseError,
    ExpatError,
    SAXException,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def check_unpacked(content: bytes) -> None:
    """Refuse an archive that unpacks to more than is read, one with a password, and what is no archive."""
    if content.startswith(_OLE_MAGIC):
        if _PASSWORDED in content:
            raise BadDocument("it is protected by a password")
        raise BadDocument("it is of an old Office version; save it in the present format")
    if not content.startswith(_ZIP_MAGIC):
        raise BadDocument("its content is not what its name says")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # zipfile reads no more of a member than its entry claims.
        size = sum(member.file_size for member in archive.infolist())
    if size > MOST_UNPACKED_BYTES:
        raise BadDocument(f"it unpacks to more than {MOST_UNPACKED_BYTES // 1024 // 1024} MB")
