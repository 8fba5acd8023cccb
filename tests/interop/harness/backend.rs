//! What stands behind a gateway: it answers each request with the headers that reached it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A server of plain HTTP in this process, on a thread that ends with it.
pub struct Backend {
    pub port: u16,
}

impl Backend {
    /// Answers with 200, and a body of one line `name: value` for each header, names in lower case. A
    /// client's certificate in a PROXY header before the request becomes a line `proxy-client: SUBJECT`.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || answer(stream));
            }
        });
        Self { port }
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn answer(mut stream: TcpStream) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while !is_whole(&request) {
        match stream.read(&mut part).ok()? {
            0 => return None,
            count => request.extend_from_slice(&part[..count]),
        }
    }
    let (proxy, request) = split_proxy(&request);
    let text = String::from_utf8_lossy(request).into_owned();
    let headers = text.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| format!("{}: {value}\n", name.to_lowercase()));
    let body: String = proxy.into_iter().chain(headers).collect();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).ok()
}

const PROXY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Whether all headers of the request are there.
fn is_whole(request: &[u8]) -> bool {
    let start = if request.starts_with(b"\r\n") {
        match request.get(14..16) {
            Some(length) => 16 + usize::from(u16::from_be_bytes([length[0], length[1]])),
            None => return false,
        }
    } else {
        0
    };
    request.get(start..).is_some_and(|request| request.windows(4).any(|window| window == b"\r\n\r\n"))
}

/// The PROXY header of version 2 (its section 2.2), where there is one: whose certificate stands in its
/// field 0xe0, in PEM, as a line `proxy-client: SUBJECT`.
fn split_proxy(request: &[u8]) -> (Option<String>, &[u8]) {
    if !request.starts_with(PROXY) {
        return (None, request);
    }
    let number = |at: usize| usize::from(u16::from_be_bytes([request[at], request[at + 1]]));
    let end = 16 + number(14);
    // Behind the addresses of two IPv4 ends stand fields of a type, a length and a value.
    let mut at = 16 + 12;
    while at + 3 <= end {
        let value = &request[at + 3..at + 3 + number(at + 1)];
        if request[at] == 0xe0 {
            let client = mtls_ca::encoding::certificate::read_all(value).unwrap()[0].subject().rfc4514();
            return (Some(format!("proxy-client: {client}\n")), &request[end..]);
        }
        at += 3 + value.len();
    }
    (None, &request[end..])
}
