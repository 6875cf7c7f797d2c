"""A WeCom that says yes to everything after so many milliseconds, and notes which card was updated when.

python -m tests.bench.upstream <port> <milliseconds> <file for notes>
"""

import asyncio
import json
import sys
import time
from pathlib import Path

_YES = {"errcode": 0, "errmsg": "ok", "msgid": "bench-msgid", "response_code": "", "expires_in": 7200}


async def main(port: int, seconds: float, notes: Path) -> None:
    with notes.open("a", buffering=1) as file:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    body = await _body(reader, head)
                    if b"update_template_card" in head.split(b"\r\n", 1)[0]:
                        told = json.loads(body)
                        file.write(f"{time.monotonic()} {','.join(told.get('userids', ()))}\n")
                    if seconds:
                        await asyncio.sleep(seconds)
                    answer = json.dumps({**_YES, "access_token": "bench"}).encode()
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                        % (len(answer), answer)
                    )
                    await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=256)
        async with server:
            await server.serve_forever()


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        whole = b""
        while size := int((await reader.readline()).strip() or b"0", 16):
            whole += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return whole
    length = lower.partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
    return await reader.readexactly(int(length or 0))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000, Path(sys.argv[3])))
