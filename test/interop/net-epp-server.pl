#!/usr/bin/perl
# A small registry on Net::EPP: net-epp-server.pl CA-FILE CERT-FILE KEY-FILE SSL-VERSION
# Framing is Net::EPP::Protocol's, greeting and responses are Net::EPP::Frame's, commands are read by XML::LibXML, and TLS is
# IO::Socket::SSL's: nothing of what goes over the wire is this project's own.
#
# Reads orders from standard input, a line of JSON each, and ends with it:
#   {"user": …, "password": …, "sessions": 2}    the account
#   {"message": "text"}                          one more poll message
#   {"hangUp": 2}                                ends so many sessions without a word
# Prints a line of JSON for each thing that happens: {"event": "listening", "port": …}, then "session", "hello", "command", "end".
#
# Names of domains order faults: cut-….com is executed and not answered, failing-….com is answered 2400, closing-….com 2500.
use strict;
use utf8;
use warnings;
use IO::Select;
use IO::Socket::SSL;
use JSON::PP;
use Net::EPP::Frame;
use Net::EPP::Frame::ObjectSpec;
use Net::EPP::Protocol;
use Net::EPP::ResponseCodes;
use XML::LibXML;

# The module's own constant has another number.
use constant USE_OUT_OF_ORDER => 2002;

my ($ca, $cert, $key, $version) = @ARGV;
my %NS = map { $_ => (Net::EPP::Frame::ObjectSpec->spec($_))[1] } qw(domain host contact);
my $json = JSON::PP->new->canonical->utf8;
my $xml = XML::LibXML->new(no_network => 1, expand_entities => 0, load_ext_dtd => 0);
$| = 1;

my %account = (user => '', password => '', sessions => 1);
my (%domains, %hosts, %contacts, @messages, %sessions);
my ($sessions, $transactions, $message_ids) = (0, 0, 0);

sub say_that { print $json->encode({ event => @_ }), "\n" }

# --- the registry's objects -------------------------------------------------------------------------------------------------

sub child { my ($node, $name) = @_; ($node->getChildrenByLocalName($name))[0] }
sub children { my ($node, $name) = @_; map { $_->textContent } $node->getChildrenByLocalName($name) }
sub text { my ($node, $name) = @_; my $child = child($node, $name); defined $child ? $child->textContent : undef }

sub later {
    my ($stamp, $years) = @_;
    my ($year, $rest) = $stamp =~ /^(\d{4})(.*)/ or die "no timestamp: $stamp";
    $rest =~ s/^-02-29/-02-28/;
    return ($year + $years) . $rest;
}

sub period {
    my ($object) = @_;
    my $period = child($object, 'period') or return 1;
    die "only years\n" if ($period->getAttribute('unit') // 'y') ne 'y';
    return 0 + $period->textContent;
}

sub availability {
    my ($known, $what) = @_;
    return sub {
        my ($object, $data) = @_;
        for my $name (children($object, $what)) {
            my $cd = $data->('cd');
            $data->($what, lc $name, $cd)->setAttribute(avail => $known->{ lc $name } ? 0 : 1);
        }
        return OK;
    };
}

sub create_domain {
    my ($object, $data, $frame) = @_;
    my $name = lc text($object, 'name');
    return OBJECT_EXISTS if $domains{$name};
    my $ns = child($object, 'ns');
    my @hosts = $ns ? map { lc } children($ns, 'hostObj') : ();
    return OBJECT_DOES_NOT_EXIST if grep { !$hosts{$_} } @hosts;
    my $created = $frame->formatTimeStamp(time);
    $domains{$name} = {
        crDate => $created,
        exDate => later($created, period($object)),
        registrant => text($object, 'registrant'),
        ns => \@hosts,
        status => [],
        pw => child($object, 'authInfo') && text(child($object, 'authInfo'), 'pw'),
        roid => 'D' . (1 + keys %domains) . '-PERL',
    };
    $data->(@$_) for ['name', $name], map { [$_, $domains{$name}{$_}] } qw(crDate exDate);
    return OK;
}

sub info_domain {
    my ($object, $data) = @_;
    my $name = lc text($object, 'name');
    my $domain = $domains{$name} or return OBJECT_DOES_NOT_EXIST;
    $data->('name', $name);
    $data->('roid', $domain->{roid});
    $data->('status')->setAttribute(s => $_) for @{ $domain->{status} } ? @{ $domain->{status} } : ('ok');
    $data->('registrant', $domain->{registrant}) if defined $domain->{registrant};
    if (@{ $domain->{ns} }) {
        my $ns = $data->('ns');
        $data->('hostObj', $_, $ns) for @{ $domain->{ns} };
    }
    $data->('clID', $account{user});
    $data->('crDate', $domain->{crDate});
    $data->('exDate', $domain->{exDate});
    $data->('pw', $domain->{pw}, $data->('authInfo')) if defined $domain->{pw};
    return OK;
}

sub renew_domain {
    my ($object, $data) = @_;
    my $name = lc text($object, 'name');
    my $domain = $domains{$name} or return OBJECT_DOES_NOT_EXIST;
    return PARAM_POLICY_ERROR if substr($domain->{exDate}, 0, 10) ne text($object, 'curExpDate');
    $domain->{exDate} = later($domain->{exDate}, period($object));
    $data->('name', $name);
    $data->('exDate', $domain->{exDate});
    return OK;
}

sub update_domain {
    my ($object) = @_;
    my $domain = $domains{ lc text($object, 'name') } or return OBJECT_DOES_NOT_EXIST;
    for my $change (grep { defined } map { child($object, $_) } qw(add rem)) {
        my @status = map { $_->getAttribute('s') } $change->getChildrenByLocalName('status');
        my @hosts = child($change, 'ns') ? map { lc } children(child($change, 'ns'), 'hostObj') : ();
        my %named = map { $_ => 1 } @status, @hosts;
        $domain->{$_} = [ grep { !$named{$_} } @{ $domain->{$_} } ] for qw(status ns);
        next if $change->localName eq 'rem';
        push @{ $domain->{status} }, @status;
        push @{ $domain->{ns} }, @hosts;
    }
    my $chg = child($object, 'chg');
    $domain->{registrant} = text($chg, 'registrant') if $chg && defined text($chg, 'registrant');
    return OK;
}

sub transfer_domain {
    my ($object, $data, $frame) = @_;
    my $domain = $domains{ lc text($object, 'name') } or return OBJECT_DOES_NOT_EXIST;
    my $pw = child($object, 'authInfo') && text(child($object, 'authInfo'), 'pw');
    return INVALID_AUTH_INFO if ($pw // '') ne ($domain->{pw} // '');
    my $now = $frame->formatTimeStamp(time);
    $data->(@$_) for ['name', lc text($object, 'name')], ['trStatus', 'pending'], ['reID', $account{user}],
        ['reDate', $now], ['acID', 'loser'], ['acDate', $now];
    return OK_PENDING;
}

sub create_plain {
    my ($known, $what) = @_;
    return sub {
        my ($object, $data, $frame) = @_;
        my $name = lc text($object, $what);
        return OBJECT_EXISTS if $known->{$name}++;
        $data->($what, $name);
        $data->('crDate', $frame->formatTimeStamp(time));
        return OK;
    };
}

sub remove {
    my ($known, $what) = @_;
    return sub { delete $known->{ lc text($_[0], $what) } ? OK : OBJECT_DOES_NOT_EXIST };
}

my %DO = (
    'domain:check' => availability(\%domains, 'name'),
    'domain:create' => \&create_domain,
    'domain:info' => \&info_domain,
    'domain:renew' => \&renew_domain,
    'domain:update' => \&update_domain,
    'domain:transfer' => \&transfer_domain,
    'domain:delete' => remove(\%domains, 'name'),
    'host:check' => availability(\%hosts, 'name'),
    'host:create' => create_plain(\%hosts, 'name'),
    'host:delete' => remove(\%hosts, 'name'),
    'contact:check' => availability(\%contacts, 'id'),
    'contact:create' => create_plain(\%contacts, 'id'),
    'contact:delete' => remove(\%contacts, 'id'),
);
my %DATA = (check => 'chkData', create => 'creData', info => 'infData', renew => 'renData', transfer => 'trnData');

# --- commands ---------------------------------------------------------------------------------------------------------------

# Adds elements to <resData>: $data->('name', 'a.com'), or below an element that it made. Makes the object's element with the first.
sub result_data {
    my ($response, $object, $command) = @_;
    my $ns = $NS{$object};
    my $root;
    return sub {
        my ($name, $text, $parent) = @_;
        $root //= $response->resData->appendChild($response->createElementNS($ns, "$object:$DATA{$command}"));
        my $element = $response->createElementNS($ns, "$object:$name");
        $element->appendText($text) if defined $text;
        return ($parent // $root)->appendChild($element);
    };
}

sub login {
    my ($session, $frame) = @_;
    return USE_OUT_OF_ORDER if $session->{user};
    for my $asked ([$frame->version, '1.0', UNIMPLEMENTED_VERSION], [$frame->lang, 'en', UNIMPLEMENTED_OPTION]) {
        my ($node, $offered, $code) = @$asked;
        return $code if $node->textContent ne $offered;
    }
    my %offered = reverse %NS;
    return UNIMPLEMENTED_OBJECT_SERVICE if grep { !$offered{$_} } children($frame->svcs, 'objURI');
    return AUTHENTICATION_ERROR if $frame->clID->textContent ne $account{user} || $frame->pw->textContent ne $account{password};
    return SESSION_LIMIT_EXCEEDED_BYE if $account{sessions} <= grep { $_->{user} } values %sessions;
    $session->{user} = $account{user};
    return OK;
}

sub poll {
    my ($frame, $response) = @_;
    my $op = $frame->getCommandNode->getAttribute('op');
    if ($op eq 'ack') {
        my $id = $frame->getCommandNode->getAttribute('msgID') // '';
        return OBJECT_DOES_NOT_EXIST unless @messages && $messages[0]{id} eq $id;
        shift @messages;
    }
    return $op eq 'ack' ? OK : OK_NO_MESSAGES unless @messages;
    my $queue = $response->createElement('msgQ');
    $queue->setAttribute(count => scalar @messages);
    $queue->setAttribute(id => $messages[0]{id});
    if ($op eq 'req') {
        $queue->appendTextChild(qDate => $messages[0]{date});
        $queue->appendTextChild(msg => $messages[0]{text});
    }
    $response->response->insertBefore($queue, $response->resData);
    return $op eq 'ack' ? OK : OK_MESSAGES;
}

# The code, and what the command was about. Fills in the response.
sub execute {
    my ($session, $frame, $response) = @_;
    my $command = $frame->getCommandType;
    return (login($session, $frame), 'session:login', $frame->clID->textContent) if $command eq 'login';
    return (OK_BYE, 'session:logout', '') if $command eq 'logout';
    return (USE_OUT_OF_ORDER, "session:$command", '') unless $session->{user};
    return (poll($frame, $response), 'session:poll', $frame->getCommandNode->getAttribute('op')) if $command eq 'poll';
    my ($object) = $frame->getCommandNode->getChildrenByTagName('*');
    my ($kind) = grep { $NS{$_} eq $object->namespaceURI } keys %NS;
    my $names = join ' ', children($object, $kind eq 'contact' ? 'id' : 'name');
    my $do = $DO{"$kind:$command"} or return (UNIMPLEMENTED_COMMAND, "$kind:$command", $names);
    return (COMMAND_FAILED, "$kind:$command", $names) if $names =~ /^failing-/;
    return (COMMAND_FAILED_BYE, "$kind:$command", $names) if $names =~ /^closing-/;
    return ($do->($object, result_data($response, $kind, $command), $response), "$kind:$command", $names);
}

sub greet {
    my ($session) = @_;
    my $greeting = Net::EPP::Frame::Greeting->new;
    $greeting->svID->appendText('A registry in Perl – Grüße');
    $greeting->svDate->appendText($greeting->formatTimeStamp(time));
    $greeting->svcMenu->appendTextChild(@$_)
        for ['version', '1.0'], ['lang', 'en'], map { ['objURI', $_] } sort values %NS;
    send_to($session, $greeting);
}

# Every second frame is indented: whitespace between elements means nothing.
sub send_to {
    my ($session, $frame) = @_;
    Net::EPP::Protocol->send_frame($session->{socket}, $frame->toString(++$session->{sent} % 2));
}

sub end {
    my ($session, $how) = @_;
    delete $sessions{ $session->{id} };
    $session->{socket}->close;
    say_that('end', session => $session->{id}, how => $how);
}

# One frame of one session.
sub serve {
    my ($session) = @_;
    my $text = eval { Net::EPP::Protocol->get_frame($session->{socket}) };
    return end($session, 'left') unless defined $text;
    my $frame = eval { $xml->parse_string($text) };
    return end($session, 'no XML') unless $frame;
    my ($part) = $frame->documentElement->getChildrenByTagName('*');
    if ($part->localName eq 'hello') {
        say_that('hello', session => $session->{id});
        return greet($session);
    }
    my ($verb) = $part->getChildrenByTagName('*');
    bless $frame, 'Net::EPP::Frame::Command::' . ucfirst $verb->localName;

    my $response = Net::EPP::Frame::Response->new;
    my ($code, $command, $names) = execute($session, $frame, $response);
    my $trid = $frame->clTRID ? $frame->clTRID->textContent : '';
    my $cut = $names =~ /^cut-/ && $command =~ /create|renew|update|delete/;
    say_that('command', session => $session->{id}, command => $command, names => $names, clTRID => $trid, code => 0 + $code);
    return end($session, 'cut') if $cut;
    $response->result->setAttribute(code => $code);
    $response->getNode('msg')->appendText("Code $code");
    $response->clTRID->appendText($trid);
    $response->svTRID->appendText(sprintf 'PERL-%06d', ++$transactions);
    send_to($session, $response);
    end($session, $code == OK_BYE ? 'logout' : 'closed') if $code == OK_BYE || $code >= 2500;
}

# --- the loop ---------------------------------------------------------------------------------------------------------------

my $server = IO::Socket::SSL->new(
    LocalAddr => '127.0.0.1',
    Listen => 64,
    Timeout => 20,
    SSL_server => 1,
    SSL_ca_file => $ca,
    SSL_cert_file => $cert,
    SSL_key_file => $key,
    SSL_version => $version,
    SSL_verify_mode => SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
) or die "cannot listen: $!, $SSL_ERROR\n";
say_that('listening', port => 0 + $server->sockport);

sub order {
    my ($line) = @_;
    my $order = $json->decode($line);
    $account{$_} = $order->{$_} for grep { exists $order->{$_} } keys %account;
    push @messages, { id => ++$message_ids, date => Net::EPP::Frame->formatTimeStamp(time), text => $order->{message} }
        if defined $order->{message};
    end($_, 'hung up') for grep { defined } (values %sessions)[ 0 .. ($order->{hangUp} // 0) - 1 ];
    say_that('obeyed');
}

my $orders = '';
while (1) {
    my %by_socket = map { $_->{socket} => $_ } values %sessions;
    for my $ready (IO::Select->new($server, \*STDIN, map { $_->{socket} } values %sessions)->can_read) {
        if ($ready == \*STDIN) {
            sysread(STDIN, $orders, 65536, length $orders) or exit 0;
            order($1) while $orders =~ s/^(.*)\n//;
        } elsif ($ready == $server) {
            my $socket = $server->accept or do { say_that('refused', why => "$SSL_ERROR"); next };
            my $session = { id => ++$sessions, socket => $socket };
            $sessions{ $session->{id} } = $session;
            say_that('session', session => $session->{id}, tls => $socket->get_sslversion);
            greet($session);
        } elsif (my $session = $by_socket{$ready}) {
            next unless $sessions{ $session->{id} };
            # a read of the TLS layer may have brought more than one frame
            do { serve($session) } while ($sessions{ $session->{id} } && $session->{socket}->pending);
        }
    }
}
