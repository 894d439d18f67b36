"""What `tryon new-provider` writes: a distribution that passes the kit before the first edit."""
