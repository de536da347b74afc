"""Why a request to a bucket failed, in a line: what the store says, or the system."""

import re

REASON = re.compile(r"<Code>([^<]*)</Code>.*?<Message>([^<]*)</Message>", re.DOTALL)
"""What S3 says of an error. The rest of its answer may hold the key that a request was signed with."""
HOST = re.compile(r"https?://([^/\s]+)")
CAUSE = re.compile(r'(?:message|error): "([^"]+)"')
"""What the system says of a connection, in what obstore adds to its message for developers."""


def reason_of(message: str) -> str:
    """Say in a line why a request failed, without what may be a secret in the store's answer."""
    if "169.254.169.254" in message:  # where the credentials of a machine of EC2 come from
        return "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if found := REASON.search(message):
        return f"{found[1]}, {found[2]}"
    if "HTTP error" in message and (host := HOST.search(message)):
        late = "it did not answer in time" if "TimedOut" in message else "the connection broke"
        return f"{host[1]}: {[late, *CAUSE.findall(message)][-1]}"
    line = message.partition("\n")[0].rpartition(" - ")[2]
    return line.removeprefix("Server returned non-2xx status code: ").rstrip(": ")
