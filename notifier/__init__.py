"""The notifier: who is owed a notice, the mail that carries it, and the outbox that sends it once."""
