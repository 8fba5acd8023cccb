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
    /// PROXY header of version 2 before the request becomes a line `proxy: …` of its printable parts.
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
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
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

/// The PROXY header of version 2 (its section 2.2), where there is one.
fn split_proxy(request: &[u8]) -> (Option<String>, &[u8]) {
    if !request.starts_with(b"\r\n\r\n\0\r\nQUIT\n") {
        return (None, request);
    }
    let end = 16 + usize::from(u16::from_be_bytes([request[14], request[15]]));
    let printable = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
    (Some(format!("proxy: {}\n", request[16..end].iter().map(printable).collect::<String>())), &request[end..])
}
