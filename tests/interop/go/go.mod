module mtls-ca/tests/interop/go

go 1.19
