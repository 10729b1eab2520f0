use super::{Domain, KeyError, PublicKey, SecretKey, Signature, Signer, SigningInput};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&mut [seed; 32])
}

fn bytes_of(hex: &str) -> [u8; 32] {
    let digits = hex
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap());
    let digits = digits.collect::<Vec<_>>();
    let bytes = digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect::<Vec<_>>();
    bytes.try_into().unwrap()
}

#[track_caller]
fn check_refused(hex: &str, expected: &KeyError) {
    assert_eq!(
        &PublicKey::from_bytes(&bytes_of(hex)).unwrap_err(),
        expected
    );
}

#[test]
fn the_identity_and_every_other_small_order_point_is_refused() {
    for hex in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    ] {
        check_refused(hex, &KeyError::Weak);
    }
}

#[test]
fn a_point_encoded_above_the_prime_is_refused() {
    // y = p + 3, a second spelling of y = 3, which is on the curve.
    let folded = "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    let plain = "0300000000000000000000000000000000000000000000000000000000000000";
    assert!(PublicKey::from_bytes(&bytes_of(plain)).is_ok());
    // The twin without the check: the library itself takes the folded spelling.
    assert!(ed25519_dalek::VerifyingKey::from_bytes(&bytes_of(folded)).is_ok());
    check_refused(folded, &KeyError::InvalidPoint);
}

/// The slow model of a canonical key: what the point itself is encoded as.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let key = ed25519_dalek::VerifyingKey::from_bytes(bytes);
    key.is_ok_and(|key| !key.is_weak() && key.to_edwards().compress().as_bytes() == bytes)
}

#[test]
fn keys_around_the_prime_are_accepted_just_when_their_points_are_encoded_so() {
    for lowest in 0..=255 {
        for highest in [0x7e, 0x7f, 0xfe, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (lowest, highest);
            assert_eq!(
                PublicKey::from_bytes(&bytes).is_ok(),
                is_canonical(&bytes),
                "{bytes:02x?}"
            );
        }
    }
}

#[test]
fn bytes_that_are_no_point_are_refused() {
    check_refused(
        "0200000000000000000000000000000000000000000000000000000000000000",
        &KeyError::InvalidPoint,
    );
}

#[test]
fn a_signature_made_for_one_purpose_fits_no_other() {
    let key = key(1);
    for made_for in Domain::ALL {
        let signature = key
            .sign(&SigningInput::new(made_for, &[b"content"]))
            .unwrap();
        for offered_as in Domain::ALL {
            let input = SigningInput::new(offered_as, &[b"content"]);
            assert_eq!(
                key.public_key().verifies(&input, &signature),
                made_for == offered_as
            );
        }
    }
}

#[test]
fn no_domain_string_is_a_prefix_of_another() {
    for a in Domain::ALL {
        for b in Domain::ALL {
            assert_eq!(a.as_bytes().starts_with(b.as_bytes()), a == b);
        }
    }
}

#[test]
fn a_malleated_signature_is_refused() {
    // L, the group order, little endian (RFC 8032, section 5.1): S + L is the same scalar again.
    let order = bytes_of("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let key = key(2);
    let input = SigningInput::new(Domain::Approval, &[b"x"]);
    let mut bytes = *key.sign(&input).unwrap().as_bytes();
    let mut carry = 0_u16;
    for (s, l) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*s) + u16::from(l) + carry;
        *s = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert!(
        !key.public_key()
            .verifies(&input, &Signature::from_bytes(bytes))
    );
}

#[test]
fn a_secret_key_survives_its_pem() {
    let key = key(3);
    let pem = key.to_pkcs8_pem().unwrap();
    assert!(
        pem.expose_secret()
            .starts_with("-----BEGIN PRIVATE KEY-----")
    );
    let read = SecretKey::from_pkcs8_pem(pem.expose_secret()).unwrap();
    assert_eq!(read.public_key(), key.public_key());
    let public = key.public_key().to_pem().unwrap();
    assert_eq!(PublicKey::from_pem(&public).unwrap(), key.public_key());
}

#[test]
fn a_key_as_openssl_writes_it_is_read() {
    // The private key of RFC 8410, section 10.3.
    let pem = "-----BEGIN PRIVATE KEY-----\n\
               MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
               -----END PRIVATE KEY-----\n";
    let public = "-----BEGIN PUBLIC KEY-----\n\
                  MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                  -----END PUBLIC KEY-----\n";
    let key = SecretKey::from_pkcs8_pem(pem).unwrap();
    assert_eq!(key.public_key(), PublicKey::from_pem(public).unwrap());
}

#[test]
fn debug_shows_nothing_secret() {
    let key = key(4);
    let pem = key.to_pkcs8_pem().unwrap();
    let secret_line = pem.expose_secret().lines().nth(1).unwrap();
    let shown = format!("{key:?} {pem:?}");
    assert!(!shown.contains(secret_line));
    assert!(!shown.contains("0404"), "{shown}");
}

#[test]
fn a_public_key_survives_its_hex() {
    let key = key(5).public_key();
    assert_eq!(key.to_string().parse::<PublicKey>().unwrap(), key);
    assert_eq!(
        "AB".repeat(32).parse::<PublicKey>().unwrap_err(),
        KeyError::InvalidHex
    );
    assert_eq!("ab".parse::<PublicKey>().unwrap_err(), KeyError::InvalidHex);
}
