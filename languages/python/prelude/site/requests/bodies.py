"""Bodies and queries as they are sent: parameters, forms, files."""
import io
import os.path
import urllib.parse
import uuid


def pairs_of(data):
    """Names and values; of a list given as value, each."""
    if isinstance(data, (str, bytes, bool, int)):
        raise ValueError("cannot encode objects that are not 2-tuples")
    items = data.items() if hasattr(data, "items") else data
    for name, value in items:
        values = [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else value
        for each in values:
            if each is not None:
                yield name, each if isinstance(each, (str, bytes)) else str(each)


def encode_params(data):
    if isinstance(data, (str, bytes)):
        return data
    return urllib.parse.urlencode(list(pairs_of(data)))


def guess_filename(file):
    """What a file is called, without its folders."""
    name = getattr(file, "name", None)
    if name and isinstance(name, (str, bytes)) and name[:1] not in ("<", b"<") and name[-1:] not in (">", b">"):
        return os.path.basename(name)
    return None


def _quoted(text):
    text = text.decode("utf-8") if isinstance(text, bytes) else str(text)
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _file_parts(files):
    for name, given in files.items() if hasattr(files, "items") else files:
        kind = headers = None
        if isinstance(given, (tuple, list)):
            filename, content, *more = given
            kind, headers = (more + [None, None])[:2]
        else:
            filename, content = guess_filename(given) or name, given
        content = content.read() if hasattr(content, "read") else content
        if content is not None:
            shown = f'name="{_quoted(name)}"' + ("" if filename is None else f'; filename="{_quoted(filename)}"')
            yield shown, content, {**({"Content-Type": kind} if kind else {}), **(headers or {})}


def multipart(files, data):
    """The body, and what it is called."""
    if isinstance(data, (str, bytes)):
        raise ValueError("Data must not be a string.")
    boundary = uuid.uuid4().hex
    out = io.BytesIO()
    fields = ((f'name="{_quoted(name)}"', value, {}) for name, value in pairs_of(data or {}))
    for disposition, content, headers in [*fields, *_file_parts(files)]:
        out.write(f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n".encode())
        for name, value in headers.items():
            out.write(f"{name}: {value}\r\n".encode())
        out.write(b"\r\n" + (bytes(content) if isinstance(content, (bytes, bytearray, memoryview)) else str(content).encode()) + b"\r\n")
    out.write(f"--{boundary}--\r\n".encode())
    return out.getvalue(), f"multipart/form-data; boundary={boundary}"
