"""What methods that write programs share: code out of replies, its parts, examples, and what programs do."""
