module eppset/test/interop/go-epp

go 1.24.0

require github.com/domainr/epp v0.2.0

require github.com/nbio/xx v0.0.0-20240429160905-7032719db059 // indirect
