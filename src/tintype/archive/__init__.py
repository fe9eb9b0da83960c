"""Many pictures: a plan, a ledger, the work here or on a cluster, and a report of what was done."""
