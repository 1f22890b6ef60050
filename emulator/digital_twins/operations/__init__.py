"""The operations of the data plane, a file for each family: read a request, carry it out, shape the answer."""
