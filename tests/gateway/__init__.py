"""The whole product from outside: over HTTP and in a browser, before real servers."""
