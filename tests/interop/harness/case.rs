//! Who may come to a server, and whom a client may meet.

/// A client that a server meets. All but `Another` call themselves `billing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// `CN=billing`, `dns:billing.internal`: on the allow-list.
    Ours,
    /// `CN=reports`, as good as ours, but not on the list.
    Another,
    Nobody,
    OtherCa,
    /// Of a CA that has our CA's name and another key.
    Impostor,
    Expired,
    NotYetValid,
    Revoked,
    /// With the server's extended key usage alone.
    ServerOnly,
    /// Without the issuing CA's certificate, where there is one.
    LeafOnly,
}

impl Client {
    pub const fn said(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Another => "another service's",
            Self::Nobody => "no certificate",
            Self::OtherCa => "another CA's",
            Self::Impostor => "an impostor CA's",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::Revoked => "revoked",
            Self::ServerOnly => "server-only",
            Self::LeafOnly => "intermediate missing",
        }
    }
}

/// A server that a client meets; the client looks for `localhost` or 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Good,
    /// Somebody else's name.
    WrongSan,
    /// `CN=localhost`, and no alternative name.
    CnOnly,
    OtherCa,
    Impostor,
    Expired,
    NotYetValid,
    Revoked,
    /// With the client's extended key usage alone.
    ClientOnly,
    /// Without the issuing CA's certificate, where there is one.
    LeafOnly,
}

impl Peer {
    pub const fn said(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::WrongSan => "wrong name",
            Self::CnOnly => "CN only",
            Self::OtherCa => "another CA's",
            Self::Impostor => "an impostor CA's",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::Revoked => "revoked",
            Self::ClientOnly => "client-only",
            Self::LeafOnly => "intermediate missing",
        }
    }
}

/// Whoever can be told from others in a table of refusals.
pub trait Case: Copy + PartialEq {
    fn said(self) -> &'static str;
}

impl Case for Client {
    fn said(self) -> &'static str {
        self.said()
    }
}

impl Case for Peer {
    fn said(self) -> &'static str {
        self.said()
    }
}
