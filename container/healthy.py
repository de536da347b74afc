"""Exit 0 if the daemon of this container is live and ready, for a health check."""

import http.client

connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=4)
connection.request("GET", "/healthz")
raise SystemExit(connection.getresponse().status != 200)
