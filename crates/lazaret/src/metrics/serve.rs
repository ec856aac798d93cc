//! `/metrics`, `/healthz` and `/readyz` over HTTP/1.1, for a scraper on this machine. One short request a connection,
//! answered and closed: octets, time and connections are bounded, and whatever is not such a request is refused.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// Octets of a request; more is refused.
const REQUEST_BYTES_MAX: usize = 8 << 10;
/// Connections at once; more are closed.
const CONNECTIONS_MAX: usize = 16;
/// Time for the request, and for writing the answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Everything that is counted.
    Metrics,
    /// Is the process alive, and does its store answer?
    Health,
    /// Does it take mail in?
    Ready,
}

/// Makes a page: its text, or what is wrong.
pub(crate) type Pages = Box<dyn Fn(Page) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync>;

/// Opens the port.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|e| {
        format!(
            "operator.metrics: {address} cannot be opened ({}); is another program there? name another port",
            e.kind()
        )
    })
}

/// Answers until told to stop.
pub(crate) async fn serve(listener: TcpListener, pages: Pages, mut stop: watch::Receiver<bool>) {
    let (pages, places) = (Arc::new(pages), Arc::new(Semaphore::new(CONNECTIONS_MAX)));
    loop {
        let accepted: io::Result<(TcpStream, SocketAddr)> = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely; that passes.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let pages = pages.clone();
        tokio::spawn(async move {
            call(stream, &pages).await;
            drop(place);
        });
    }
}

async fn call(mut stream: TcpStream, pages: &Pages) {
    let answer = match timeout(DEADLINE, request(&mut stream)).await {
        Ok(Ok(page)) => match timeout(DEADLINE, pages(page)).await {
            Ok(Ok(text)) => response(200, "OK", &text),
            Ok(Err(why)) => response(503, "Service Unavailable", &why),
            Err(_) => response(503, "Service Unavailable", "the store does not answer\n"),
        },
        Ok(Err((code, reason))) => response(code, reason, &format!("{reason}\n")),
        Err(_) => response(408, "Request Timeout", "Request Timeout\n"),
    };
    let written = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    // A scraper that went away hears nothing more; that is its own affair.
    let _ = timeout(DEADLINE, written).await;
}

/// Reads a request to the end of its header. A body is never read.
async fn request(stream: &mut TcpStream) -> Result<Page, (u16, &'static str)> {
    let mut got = Vec::new();
    loop {
        if got.len() > REQUEST_BYTES_MAX {
            return Err((431, "Request Header Fields Too Large"));
        }
        if got.windows(4).any(|w| w == b"\r\n\r\n") || got.windows(2).any(|w| w == b"\n\n") {
            return page(&got);
        }
        let mut room = [0_u8; 1024];
        match stream.read(&mut room).await {
            Ok(0) | Err(_) => return Err((400, "Bad Request")),
            Ok(count) => got.extend_from_slice(room.get(..count).unwrap_or_default()),
        }
    }
}

fn page(request: &[u8]) -> Result<Page, (u16, &'static str)> {
    let line = request.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| (400, "Bad Request"))?.trim_end();
    let mut words = line.split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    if words.next().is_some() || !version.is_some_and(|v| v.starts_with("HTTP/1.")) {
        return Err((400, "Bad Request"));
    }
    if method != Some("GET") {
        return Err((405, "Method Not Allowed"));
    }
    match target.map(|t| t.split('?').next().unwrap_or_default()) {
        Some("/metrics") => Ok(Page::Metrics),
        Some("/healthz") => Ok(Page::Health),
        Some("/readyz") => Ok(Page::Ready),
        _ => Err((404, "Not Found")),
    }
}

fn response(code: u16, reason: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {code} {reason}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn server() -> (SocketAddr, watch::Sender<bool>) {
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, told) = watch::channel(false);
        let pages: Pages = Box::new(|page| {
            Box::pin(async move {
                match page {
                    Page::Metrics => Ok("m 1\n".to_owned()),
                    Page::Health => Ok("ok\n".to_owned()),
                    Page::Ready => Err("disk-low\n".to_owned()),
                }
            })
        });
        tokio::spawn(serve(listener, pages, told));
        (address, stop)
    }

    async fn ask(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        // A server that has heard enough closes; what it said is what counts.
        let _ = stream.write_all(request).await;
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said).await;
        String::from_utf8_lossy(&said).into_owned()
    }

    #[tokio::test]
    async fn requests_and_what_they_get() {
        let (address, _stop) = server().await;
        let padded = |bytes: usize| {
            let head = "GET /metrics HTTP/1.1\r\nX: ";
            format!("{head}{}\r\n\r\n", "a".repeat(bytes - head.len() - 4)).into_bytes()
        };
        for (request, status, body) in [
            (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "200", "m 1\n"),
            (b"GET /metrics?a=b HTTP/1.0\n\n".to_vec(), "200", "m 1\n"),
            (b"GET /healthz HTTP/1.1\r\n\r\n".to_vec(), "200", "ok\n"),
            (b"GET /readyz HTTP/1.1\r\n\r\n".to_vec(), "503", "disk-low\n"),
            (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "404", "Not Found\n"),
            (b"POST /metrics HTTP/1.1\r\n\r\n".to_vec(), "405", "Method Not Allowed\n"),
            (b"GET /metrics\r\n\r\n".to_vec(), "400", "Bad Request\n"),
            (b"\xff\xfe\r\n\r\n".to_vec(), "400", "Bad Request\n"),
            (padded(REQUEST_BYTES_MAX - 1), "200", "m 1\n"),
            (padded(REQUEST_BYTES_MAX), "200", "m 1\n"),
            (padded(REQUEST_BYTES_MAX + 1), "431", "Request Header Fields Too Large\n"),
        ] {
            let said = ask(address, &request).await;
            let shown = String::from_utf8_lossy(&request).chars().take(40).collect::<String>();
            assert!(said.starts_with(&format!("HTTP/1.1 {status} ")) && said.ends_with(body), "{shown:?}: {said}");
        }
        let endless = vec![b'a'; REQUEST_BYTES_MAX + 2048];
        let said = ask(address, &endless).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 431 "), "{said}");
    }

    #[tokio::test]
    async fn too_many_connections_are_closed_and_the_others_go_on() {
        let (address, _stop) = server().await;
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            open.push(TcpStream::connect(address).await.expect("connected"));
        }
        assert_eq!(ask(address, b"GET /healthz HTTP/1.1\r\n\r\n").await, "", "one too many");
        let mut first = open.swap_remove(0);
        first.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").await.expect("written");
        let mut said = String::new();
        first.read_to_string(&mut said).await.expect("read");
        assert!(said.ends_with("ok\n"), "{said}");
    }
}
