"""Several machines that share the work: one hands it out, all of them take it, through one PostgreSQL."""
