//! Case, Unicode normalization, invisible characters and letters of other scripts, in a recipient that is
//! on a list.

use agentsudo_core::{email_domain, equals, glob, not, one_of, regex, subset_of};

use super::{Rule, allow, found, json, refuse};

const ALLOWED: &str = "jos\u{e9}@shop.example";
const LOOKALIKES: [&str; 20] = [
    "Jos\u{e9}@shop.example",
    "JOS\u{c9}@SHOP.EXAMPLE",
    "jos\u{e9}@Shop.example",
    "jose\u{301}@shop.example",
    "j\u{43e}s\u{e9}@shop.example",
    "jos\u{e9}@sh\u{43e}p.example",
    "jo\u{455}\u{e9}@shop.example",
    "\u{ff4a}os\u{e9}@shop.example",
    "jos\u{e9}\u{ff20}shop.example",
    "jos\u{e9}@shop\u{ff0e}example",
    "jos\u{e9}\u{200b}@shop.example",
    "jos\u{e9}\u{200d}@shop.example",
    "\u{feff}jos\u{e9}@shop.example",
    "jos\u{e9}@sh\u{ad}op.example",
    "jos\u{e9}@shop.example\u{2060}",
    "\u{202d}jos\u{e9}@shop.example",
    "jos\u{e9}@shop.example ",
    "jos\u{e9}@shop.example\n",
    "\u{a0}jos\u{e9}@shop.example",
    "jos\u{e9}@shop.example.",
];

/// What a person sees, and what software compares that means well.
fn seen(text: &str) -> String {
    let composed = text.replace("e\u{301}", "\u{e9}");
    let visible = composed.chars().filter(|c| {
        let hidden = matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
        );
        !hidden && !c.is_whitespace()
    });
    let alike = visible.map(|c| match c {
        '\u{43e}' => 'o',
        '\u{455}' => 's',
        '\u{ff4a}' => 'j',
        '\u{ff20}' => '@',
        '\u{ff0e}' => '.',
        c => c,
    });
    let folded: String = alike.flat_map(char::to_lowercase).collect();
    folded.trim_end_matches('.').to_owned()
}

fn rules_that_list(recipient: &str) -> [Rule; 4] {
    [
        equals(recipient),
        one_of(["ada@shop.example", recipient]),
        glob(recipient),
        regex(recipient.replace('.', "\\.")),
    ]
}

#[test]
fn a_recipient_that_only_looks_like_one_on_the_list_is_refused() {
    for rule in rules_that_list(ALLOWED) {
        allow(rule, ALLOWED);
    }
    for close in LOOKALIKES {
        assert_eq!(seen(close), seen(ALLOWED), "the twin takes it");
        for rule in rules_that_list(ALLOWED) {
            refuse(rule, close);
        }
        refuse(subset_of([ALLOWED]), json!([ALLOWED, close]));
    }
}

#[test]
fn no_form_of_unicode_is_the_right_one() {
    // Whichever the list was written in, the other is another text: nothing normalizes.
    let decomposed = "jose\u{301}@shop.example";
    assert_eq!(seen(decomposed), seen(ALLOWED), "the twin takes it");
    for rule in rules_that_list(decomposed) {
        allow(rule.clone(), decomposed);
        refuse(rule, ALLOWED);
    }
}

#[test]
fn the_case_of_a_domain_is_the_one_thing_that_is_normalized() {
    let domain = || email_domain("shop.example");
    allow(domain(), "jose@shop.example");
    allow(domain(), "jose@SHOP.Example");
    for close in LOOKALIKES {
        // A domain in ASCII is all that this kind takes, and a local part in ASCII.
        refuse(domain(), close);
        refuse(
            domain(),
            close.replace('\u{e9}', "e").replace("Jos", "jos") + " ",
        );
    }
    for close in [
        "jose@sh\u{43e}p.example",
        "jose@shop\u{ff0e}example",
        "jose@xn--shp-dmc.example",
        "jose@shop.example.",
        "jose@sh\u{ad}op.example",
    ] {
        refuse(domain(), close);
    }
}

#[test]
fn an_argument_that_only_looks_like_the_one_of_the_rule_is_not_it() {
    // A Cyrillic letter in the name: the tool may fold it, the rule finds nothing there.
    for close in ["X", "\u{445}", "x\u{200b}", " x", "\u{ff58}"] {
        assert_eq!(
            found(equals("a"), &json!({ close: "a" })),
            "missing_argument"
        );
    }
}

/// The limit of all this, as the documentation has it: a rule on what is forbidden meets one spelling.
#[test]
fn a_list_of_what_is_forbidden_stops_one_spelling_only() {
    refuse(not(equals(ALLOWED)), ALLOWED);
    for close in LOOKALIKES {
        allow(not(equals(ALLOWED)), close);
    }
}
