//! Entering a session uses it up, so that nothing can be postponed by entering it again.

use agentsudo::Session;

async fn again(session: Session) {
    session.enter(async {}).await;
    session.enter(async {}).await;
}

fn main() {}
