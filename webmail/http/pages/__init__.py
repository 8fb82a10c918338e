"""What people do in the browser, one module for each thing."""
