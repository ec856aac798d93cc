"""Stands between the daemon and an IMAP server, TLS on both sides, and kills the daemon at a chosen moment.

usage: moments.py LISTEN UPSTREAM CERTIFICATE KEY DIR
DIR/moment holds "WORD SIDE" (the command, and before | middle | after), DIR/pid the process; DIR/moment is removed when
the moment has come.
"""
import os, re, signal, socket, ssl, sys, threading, time

listen, upstream, certificate, key, where = sys.argv[1:]
COMMAND = re.compile(rb"(?:^|\n)(\S+) (?:UID )?(APPEND|MOVE|STORE|EXPUNGE)\b", re.I)


def moment():
    try:
        word, side = open(f"{where}/moment").read().split()
        return word.encode(), side
    except (OSError, ValueError):
        return None, None


def kill(*ends):
    try:
        os.remove(f"{where}/moment")
    except FileNotFoundError:
        return
    while not os.path.exists(f"{where}/pid"):
        time.sleep(0.001)
    os.kill(int(open(f"{where}/pid").read()), signal.SIGKILL)
    for end in ends:
        end.close()


def serve(client):
    server = ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", int(upstream))))
    awaited = []

    def upward():
        while data := client.recv(1 << 16):
            found, (word, side) = COMMAND.search(data), moment()
            if found and found.group(2).upper() == word:
                if side == "before":
                    return kill(client, server)
                if side == "middle":
                    # The command, and no more than a part of what belongs to it.
                    server.sendall(data[: found.end() + (len(data) - found.end()) // 2])
                    return kill(client, server)
                awaited.append(found.group(1))
            server.sendall(data)
        server.close()

    def downward():
        seen = b""
        while data := server.recv(1 << 16):
            seen = (seen + data)[-4096:]
            if any(b"\n" + tag + b" " in b"\n" + seen for tag in awaited):
                return kill(client, server)
            client.sendall(data)
        client.close()

    def quietly(work):
        try:
            work()
        except (OSError, ValueError):
            pass

    for work in (upward, downward):
        threading.Thread(target=quietly, args=(work,), daemon=True).start()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
with socket.create_server(("127.0.0.1", int(listen)), backlog=64) as door:
    while True:
        plain, _ = door.accept()
        try:
            serve(context.wrap_socket(plain, server_side=True))
        except (OSError, ssl.SSLError):
            plain.close()
