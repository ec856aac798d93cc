//! Logging in: SASL PLAIN (RFC 4616), LOGIN, XOAUTH2, OAUTHBEARER (RFC 7628), and the command that gives a token.

use super::super::error::{ErrorKind, SourceError};
use super::super::{SecretUnreadable, Secrets, Token};
use super::names;
use super::session::{Session, Step};
use crate::clock;
use crate::config::{Auth, Imap};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Octets that a token may have.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Time that the token command may take.
const TOKEN_DEADLINE: Duration = Duration::from_secs(10);

const LOGIN: Step = Step::new("the login was refused", ErrorKind::Auth);

/// Is the secret one that a second run of its command may replace?
pub(super) fn is_renewable(auth: &Auth) -> bool {
    match auth {
        Auth::Password(_) => false,
        Auth::XOAuth2(_) | Auth::OAuthBearer(_) => true,
    }
}

/// Logs in with what the account is configured for; answers what is known of the token, where there is one.
pub(super) async fn login(session: &mut Session, imap: &Imap, secrets: &Secrets) -> Result<Option<Token>, SourceError> {
    let caps = session.told.caps.unwrap_or_default();
    match &imap.auth {
        Auth::Password(secret) => {
            let password = secrets(secret).map_err(|SecretUnreadable| {
                SourceError::new(ErrorKind::Config, "the password of the mailbox cannot be read")
            })?;
            password_login(session, &imap.user, &password).await?;
            Ok(None)
        }
        Auth::XOAuth2(command) => {
            let offer = Offer { name: "XOAUTH2", is_announced: caps.xoauth2, on_refusal: b"" };
            let token = token(command).await?;
            let plain = Zeroizing::new(format!("user={}\x01auth=Bearer {}\x01\x01", imap.user, token.as_str()));
            sasl(session, offer, &plain).await?;
            Ok(Some(known(&token)))
        }
        Auth::OAuthBearer(command) => {
            // RFC 7628 3.2.3: an error is answered with one 0x01, in base64.
            let offer = Offer { name: "OAUTHBEARER", is_announced: caps.oauthbearer, on_refusal: b"AQ==" };
            let token = token(command).await?;
            let user = imap.user.replace('=', "=3D").replace(',', "=2C");
            let plain = Zeroizing::new(format!(
                "n,a={user},\x01host={}\x01port={}\x01auth=Bearer {}\x01\x01",
                imap.host,
                imap.port,
                token.as_str()
            ));
            sasl(session, offer, &plain).await?;
            Ok(Some(known(&token)))
        }
    }
}

/// What a token says of itself. Most servers' tokens are JWTs (RFC 7519) with their end in `exp`; others say nothing.
fn known(token: &str) -> Token {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).map(Zeroizing::new);
    let claims = claims.and_then(|octets| serde_json::from_slice::<Claims>(&octets).ok());
    Token { at: clock::now(), expires_at: claims.and_then(|claims| claims.exp) }
}

/// The one claim that is read.
#[derive(serde::Deserialize)]
struct Claims {
    exp: Option<i64>,
}

async fn password_login(session: &mut Session, user: &str, password: &str) -> Result<(), SourceError> {
    let caps = session.told.caps.unwrap_or_default();
    if user.contains('\0') || password.contains('\0') {
        return Err(SourceError::new(ErrorKind::Config, "user name or password holds NUL"));
    }
    if caps.plain {
        let plain = Zeroizing::new(format!("\0{user}\0{password}"));
        return sasl(session, Offer { name: "PLAIN", is_announced: true, on_refusal: b"" }, &plain).await;
    }
    if caps.login_disabled {
        return Err(SourceError::new(ErrorKind::Unsupported, "the server takes no password (LOGINDISABLED)"));
    }
    if !user.is_ascii() || !password.is_ascii() {
        return Err(SourceError::new(
            ErrorKind::Unsupported,
            "the server takes passwords by LOGIN alone, which cannot carry other characters than ASCII",
        ));
    }
    let password = Zeroizing::new(names::quoted(password)?);
    let command = Zeroizing::new(format!("LOGIN {} {}", names::quoted(user)?, password.as_str()));
    session.run(LOGIN, &command, &[], &mut |_| ()).await
}

/// A mechanism.
struct Offer {
    name: &'static str,
    is_announced: bool,
    /// What to answer when the server explains a refusal by one more challenge.
    on_refusal: &'static [u8],
}

async fn sasl(session: &mut Session, offer: Offer, plain: &str) -> Result<(), SourceError> {
    if !offer.is_announced {
        return Err(SourceError::new(ErrorKind::Unsupported, "the server does not offer the configured way to log in"));
    }
    let initial = Zeroizing::new(STANDARD.encode(plain));
    let immediate = session.told.caps.is_some_and(|caps| caps.sasl_ir);
    if immediate {
        let command = Zeroizing::new(format!("AUTHENTICATE {} {}", offer.name, initial.as_str()));
        session.run(LOGIN, &command, &[offer.on_refusal], &mut |_| ()).await
    } else {
        let command = format!("AUTHENTICATE {}", offer.name);
        session.run(LOGIN, &command, &[initial.as_bytes(), offer.on_refusal], &mut |_| ()).await
    }
}

/// Runs the token command; the token is its standard output. No shell, nothing on standard input, no look at what it
/// writes to standard error.
async fn token(command: &[String]) -> Result<Zeroizing<String>, SourceError> {
    let unusable = |what| SourceError::new(ErrorKind::Config, what);
    let (program, arguments) = command.split_first().ok_or(unusable("token_command is empty"))?;
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|_| unusable("token_command cannot be started"))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(unusable("token_command has no standard output"));
    };
    let finished = timeout(TOKEN_DEADLINE, async {
        let mut octets = Zeroizing::new(Vec::with_capacity(TOKEN_BYTES_MAX + 1));
        let read = stdout.take(TOKEN_BYTES_MAX as u64 + 1).read_to_end(&mut octets).await;
        let ended = child.wait().await;
        (read.is_ok() && ended.is_ok_and(|status| status.success()), octets)
    })
    .await;
    let (is_good, octets) =
        finished.map_err(|_| SourceError::new(ErrorKind::Timeout, "token_command gave no token within 10 seconds"))?;
    if !is_good {
        return Err(SourceError::new(ErrorKind::Unavailable, "token_command failed"));
    }
    let text = std::str::from_utf8(&octets).map(str::trim).unwrap_or_default();
    if octets.len() > TOKEN_BYTES_MAX || text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(unusable("token_command did not print one token of at most 16 KiB"));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_is_a_jwt_says_when_it_ends() {
        let jwt = |claims: &str| format!("aGVhZA.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        for (token, expires_at) in [
            (jwt("{\"exp\":1800000000,\"sub\":\"x\"}"), Some(1_800_000_000)),
            (jwt("{\"sub\":\"x\"}"), None),
            (jwt("no claims"), None),
            ("ya29.abc".to_owned(), None),
            ("opaque".to_owned(), None),
        ] {
            assert_eq!(known(&token).expires_at, expires_at, "{token}");
        }
    }

    fn shell(script: &str) -> Vec<String> {
        ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn a_token_is_the_output_of_a_command() {
        let max = TOKEN_BYTES_MAX;
        let cases = [
            (shell("echo ' ya29.abc- '; echo noise >&2"), Ok("ya29.abc-".len())),
            (shell(&format!("head -c {} /dev/zero | tr '\\0' a", max - 1)), Ok(max - 1)),
            (shell(&format!("head -c {max} /dev/zero | tr '\\0' a")), Ok(max)),
            (shell(&format!("head -c {} /dev/zero | tr '\\0' a", max + 1)), Err(ErrorKind::Config)),
            (shell("true"), Err(ErrorKind::Config)),
            (shell("echo two words"), Err(ErrorKind::Config)),
            (shell("printf 'a\\001b'"), Err(ErrorKind::Config)),
            (shell("echo token; exit 3"), Err(ErrorKind::Unavailable)),
            (vec!["/nonexistent/token".to_owned()], Err(ErrorKind::Config)),
            (Vec::new(), Err(ErrorKind::Config)),
        ];
        for (command, expected) in cases {
            let result = token(&command).await;
            assert_eq!(result.as_ref().map(|token| token.len()).map_err(SourceError::kind), expected, "{command:?}");
        }
    }
}
