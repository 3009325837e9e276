"""A browser that goes away while its payment runs: the work goes on, once (B91)."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings as configured

from tests.builders import put_on_file, sign_in
from tests.database import TestServer
from tests.faces.billing import attempts, billed_place, fault, first_invoice, intents, pay_url, state_of, taken
from tests.gateway.process import KEY, GatewayProcess
from tests.operations.processes import wait_for
from tests.operations.serving import serving


def test_a_browser_that_closes_the_connection(
    postgres: TestServer, database: str, gateway: Any, gateway_process: GatewayProcess
) -> None:
    place = billed_place()
    put_on_file(place, gateway)
    invoice_id, session = first_invoice(place), sign_in(place.owner).cookies[configured.SESSION_COOKIE_NAME].value
    address = pay_url(place, invoice_id)
    processor = {"TENANTRY_GATEWAY_URL": gateway_process.url, "TENANTRY_GATEWAY_KEY": KEY}
    with serving(postgres, database, **processor) as port:
        session_cookie, csrf_cookie = f"tenantry_session_{port}", f"tenantry_csrf_{port}"
        browser = httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies={session_cookie: session}, trust_env=False)
        page = browser.get(address).text
        form = {
            name: page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]
            for name in ("csrfmiddlewaretoken", "request_key", "method")
        }
        body = urlencode(form)
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        assert csrf_cookie in cookies
        request = (
            f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Cookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        with fault(gateway_process, place, "slow:2", operation="confirm_intent"):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(request.encode())
                wait_for(lambda: intents(place) == ["sending"])
            wait_for(lambda: state_of(place, invoice_id) == "paid")
        again = browser.post(address, data=form, headers={"Origin": f"http://127.0.0.1:{port}"})
        assert (again.status_code, again.headers["Location"]) == (303, place.url(f"invoices/{invoice_id}"))
        assert "with Visa •••• 4242" in browser.get(again.headers["Location"]).text
        browser.close()
    assert (taken(gateway, place), attempts(place)) == ([41250], [(1, "succeeded", "")])
