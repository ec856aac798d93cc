"""What any mail client does, for the operator's first hour: count, put, and read mails by IMAP over TLS."""

import email
import email.policy
import imaplib
import os
import ssl
import sys


def texts(raw):
    """Header fields and every text of a mail, decoded, as a client shows them."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    for part in mail.walk():
        if part.defects:
            sys.exit(f"defects in a mail of the folder: {part.defects}")
    lines = [f"{name}: {value}" for name, value in mail.items()]
    parts = (part for part in mail.walk() if part.get_content_maintype() == "text")
    return "\n".join(lines + [part.get_content() for part in parts])


def main(verb, folder, argument=None):
    trust = ssl.create_default_context(cafile=os.environ["CA"])
    client = imaplib.IMAP4_SSL("localhost", int(os.environ["IMAP_PORT"]), ssl_context=trust)
    client.login(os.environ["IMAP_USER"], os.environ["IMAP_PASSWORD"])
    if verb == "append":
        with open(argument, "rb") as file:
            answer, _ = client.append(folder, None, None, file.read().replace(b"\n", b"\r\n"))
        sys.exit(0 if answer == "OK" else "the server refused the mail")
    answer, count = client.select(f'"{folder}"', readonly=True)
    if answer != "OK":
        return "0" if verb == "count" else ""
    if verb == "count":
        return count[0].decode()
    # read: mails whose Message-ID it is; readall: every mail.
    wanted = ["HEADER", "Message-ID", f'"{argument}"'] if argument else ["ALL"]
    numbers = client.search(None, *wanted)[1][0].split()
    raws = (client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers)
    return "\n\n".join(texts(raw) for raw in raws)


print(main(*sys.argv[1:]))
