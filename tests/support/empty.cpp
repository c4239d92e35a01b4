// Support code for tests.
