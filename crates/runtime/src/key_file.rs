//! Secret keys in files: created for their owner only, refused when others can read them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use agentsudo_core::{KeyError, SecretKey};
use zeroize::Zeroizing;

/// Longest key file that is read; a PKCS#8 PEM document of Ed25519 has about 120 bytes.
pub const MAX_KEY_FILE_LEN_BYTES: u64 = 4_096;

/// Why a key file was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// Others than the owner have access.
    #[error(
        "key file `{}` has mode {mode:03o}, expected 600; run `chmod 600` on it, and replace the key if \
         others may have read it",
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is there already; keys are never overwritten.
    #[error("key file `{}` exists already and was left as it is; choose another path", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is larger than any key.
    #[error("key file `{}` has more than {MAX_KEY_FILE_LEN_BYTES} bytes, expected a PEM document", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no key.
    #[error("key file `{}` holds no key", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The operating system said no.
    #[error("key file `{}` could not be used", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl KeyFileError {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exposed { .. } => "key_file.exposed",
            Self::Exists { .. } => "key_file.exists",
            Self::TooLarge { .. } => "key_file.too_large",
            Self::Content { .. } => "key_file.content",
            Self::Io { .. } => "key_file.io",
        }
    }
}

/// Writes a key to a new file that only its owner can read (mode 0600), durably.
///
/// # Errors
/// [`KeyFileError::Exists`] when there is such a file, [`KeyFileError::Io`] otherwise.
pub fn write_key_file(path: &Path, key: &SecretKey) -> Result<(), KeyFileError> {
    let pem = key.to_pkcs8_pem().map_err(|source| KeyFileError::Content {
        path: path.to_owned(),
        source,
    })?;
    let io = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists {
            path: path.to_owned(),
        },
        _ => KeyFileError::Io {
            path: path.to_owned(),
            source,
        },
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(io)?;
    file.write_all(pem.expose_secret().as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)
}

/// Reads a key from a file that only its owner can read.
///
/// # Errors
/// [`KeyFileError::Exposed`] when group or others have any access; [`KeyFileError::Content`] when the file
/// holds something else than a key.
pub fn read_key_file(path: &Path) -> Result<SecretKey, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(io)?;
    // On the open file, not on the path: the two may differ by the time of reading.
    check_mode(&file, path)?;
    let mut text = Zeroizing::new(String::new());
    let read = file
        .take(MAX_KEY_FILE_LEN_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(io)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > MAX_KEY_FILE_LEN_BYTES {
        return Err(KeyFileError::TooLarge {
            path: path.to_owned(),
        });
    }
    SecretKey::from_pkcs8_pem(&text).map_err(|source| KeyFileError::Content {
        path: path.to_owned(),
        source,
    })
}

#[cfg(unix)]
fn check_mode(file: &File, path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata().map_err(|source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyFileError::Exposed {
            path: path.to_owned(),
            mode,
        })
    }
}

#[cfg(not(unix))]
fn check_mode(_: &File, _: &Path) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use agentsudo_core::{SecretKey, Signer as _};

    use super::{KeyFileError, read_key_file, write_key_file};

    fn key() -> SecretKey {
        SecretKey::from_seed(&mut [9; 32])
    }

    #[test]
    fn a_key_file_is_created_for_its_owner_only_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.pem");
        write_key_file(&path, &key()).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            read_key_file(&path).unwrap().public_key(),
            key().public_key()
        );
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.pem");
        write_key_file(&path, &key()).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = read_key_file(&path).unwrap_err();
            assert_eq!(error.code(), "key_file.exposed", "{mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        assert!(read_key_file(&path).is_ok());
    }

    #[test]
    fn a_key_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.pem");
        write_key_file(&path, &key()).unwrap();
        let before = fs::read(&path).unwrap();
        let other = SecretKey::from_seed(&mut [8; 32]);
        let error = write_key_file(&path, &other).unwrap_err();
        assert!(matches!(error, KeyFileError::Exists { .. }));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.pem");
        for content in ["not a key: hunter2", &"x".repeat(5_000)] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let error = read_key_file(&path).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}
