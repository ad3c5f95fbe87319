"""The contract: what Adobe's OpenAPI files specify, and the check of every request and response of the tests against it."""
