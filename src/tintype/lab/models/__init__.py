"""Networks beside those that come with the package: found, downloaded, converted, kept in the
user's data folder."""
