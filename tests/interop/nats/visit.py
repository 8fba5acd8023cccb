"""Says as which user a NATS server takes a client: visit.py URL TRUST [CERTIFICATE KEY]"""

import asyncio
import json
import logging
import ssl
import sys

import nats


async def main(url, trust, *identity):
    context = ssl.create_default_context(cafile=trust)
    if identity:
        context.load_cert_chain(*identity)

    async def quiet(_error):
        pass

    try:
        client = await nats.connect(
            url, tls=context, allow_reconnect=False, max_reconnect_attempts=0, connect_timeout=5, error_cb=quiet
        )
        answer = await client.request("$SYS.REQ.USER.INFO", timeout=5)
        print("user", json.loads(answer.data)["data"]["user"])
        await client.close()
    except Exception as error:
        print("refused", repr(error))


logging.disable()
asyncio.run(main(*sys.argv[1:]))
