// A registrar's reading day with github.com/domainr/epp: go-epp NAME… HOST PORT CA-FILE USER PASSWORD
// Prints one line of JSON for each step, as {"step": "check", "result": …, "code": 1000}. The last name is a registered one.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/domainr/epp"
)

const timeout = 30 * time.Second

var out = json.NewEncoder(os.Stdout)

// step prints what came of a step, and the code of the refusal where that is what came.
func step(name string, result any, err error) {
	line := map[string]any{"step": name, "result": result, "code": 1000}
	var refusal *epp.Result
	if errors.As(err, &refusal) {
		line["result"], line["code"], line["fatal"] = refusal.Message, refusal.Code, refusal.IsFatal()
	} else if err != nil {
		die(name, err)
	}
	if err := out.Encode(line); err != nil {
		die("output", err)
	}
}

func die(what string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	os.Exit(1)
}

func connect(address string, roots *x509.CertPool) *epp.Conn {
	socket, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots})
	if err != nil {
		die("connect", err)
	}
	conn, err := epp.NewTimeoutConn(socket, timeout)
	if err != nil {
		die("greeting", err)
	}
	return conn
}

func main() {
	names, registry := os.Args[1:len(os.Args)-5], os.Args[len(os.Args)-5:]
	address, user, password := net.JoinHostPort(registry[0], registry[1]), registry[3], registry[4]
	ca, err := os.ReadFile(registry[2])
	if err != nil {
		die("CA", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		die("CA", errors.New("no certificate in it"))
	}

	wrong := connect(address, roots)
	_, err = wrong.Login(user, "wr0ng-passw0rd", "")
	step("wrong password", nil, err)
	step("leave", nil, wrong.Close())

	conn := connect(address, roots)
	step("greeting", conn.Greeting, nil)
	result, err := conn.Login(user, password, "")
	step("login", result.Message, err)
	step("hello", nil, conn.Hello())

	checked, err := conn.CheckDomain(names...)
	step("check", checked, err)
	taken := names[len(names)-1]
	info, err := conn.DomainInfo(taken, nil)
	step("info", info, err)
	_, err = conn.DomainInfo("nobody-has-"+taken, nil)
	step("info gone", nil, err)

	// a second session beside it, and a third where the account has two
	second := connect(address, roots)
	_, err = second.Login(user, password, "")
	step("second session", nil, err)
	third := connect(address, roots)
	_, err = third.Login(user, password, "")
	step("third session", nil, err)

	step("logout second", nil, second.Close())
	step("logout", nil, conn.Close())
}
