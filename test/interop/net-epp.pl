#!/usr/bin/perl
# A registrar's day with Net::EPP::Simple: net-epp.pl HOST PORT CA-FILE USER PASSWORD
# Prints one line of JSON for each step, as {"step": "check", "result": …, "code": 1000}.
use strict;
use warnings;
use JSON::PP;
use Net::EPP::Simple;
use Net::EPP::Frame;

my ($host, $port, $ca, $user, $pass) = @ARGV;
my $json = JSON::PP->new->canonical->allow_nonref;
$| = 1;
binmode STDOUT, ':utf8';

sub step {
    my ($step, $result) = @_;
    print $json->encode({ step => $step, result => $result, code => 0 + ($Net::EPP::Simple::Code // 0) }), "\n";
}

my $epp = Net::EPP::Simple->new(
    host        => $host,
    port        => $port,
    user        => $user,
    pass        => $pass,
    verify      => 1,
    ca_file     => $ca,
    timeout     => 30,
    load_config => 0,
);
die "no session: $Net::EPP::Simple::Error\n" unless defined $epp;
step('login', 1);

my $EPP = 'urn:ietf:params:xml:ns:epp-1.0';
step('greeting', [ map { $_->textContent } $epp->greeting->getElementsByTagNameNS($EPP, 'extURI') ]);

step('check free', $epp->check_domain('perl.com'));
step('check foreign', $epp->check_domain('perl.example'));
# the method takes one name; the frame takes several
my $several = Net::EPP::Frame::Command::Check::Domain->new;
$several->addDomain($_) for qw(perl.com perl-2.com perl.example);
my $DOMAIN = 'urn:ietf:params:xml:ns:domain-1.0';
my @checked = $epp->request($several)->getElementsByTagNameNS($DOMAIN, 'name');
step('check several', { map { $_->textContent => $_->getAttribute('avail') } @checked });

step('create contact', $epp->create_contact({
    id         => 'perl-1',
    postalInfo => {
        int => {
            name => 'Jane Doe',
            org  => 'Example Ltd',
            addr => { street => ['1 Main Street'], city => 'Bristol', cc => 'GB', pc => 'BS1 1AA' },
        },
    },
    voice    => '+44.1170000000',
    email    => 'jane@example.com',
    authInfo => 'contact-secret',
}));
step('check contact', $epp->check_contact('perl-1'));
step('contact info', ($epp->contact_info('perl-1') // {})->{email});

step('create host', $epp->create_host({ name => 'ns1.example.net', addrs => [] }));
step('check host', $epp->check_host('ns1.example.net'));

my %domain = (
    name       => 'perl.com',
    period     => 2,
    registrant => 'perl-1',
    contacts   => { admin => 'perl-1', tech => 'perl-1' },
    ns         => ['ns1.example.net'],
    authInfo   => 'domain-secret',
);
step('create', $epp->create_domain(\%domain));
step('create again', $epp->create_domain(\%domain));
step('check taken', $epp->check_domain('perl.com'));

my $info = $epp->domain_info('perl.com');
step('info', { map { $_ => $info->{$_} } qw(name registrant contacts ns clID authInfo status) });

my ($expires) = $info->{exDate} =~ /^(\d{4}-\d\d-\d\d)/;
step('renew', $epp->renew_domain({ name => 'perl.com', cur_exp_date => $expires, period => 1 }));
step('renew again', $epp->renew_domain({ name => 'perl.com', cur_exp_date => $expires, period => 1 }));
my ($renewed) = $epp->domain_info('perl.com')->{exDate} =~ /^(\d{4})/;
step('years more', $renewed - substr($expires, 0, 4));

step('update', $epp->update_domain({
    name => 'perl.com',
    add  => { status => { clientHold => 'for a test' } },
    rem  => {},
    chg  => {},
}));
step('status', $epp->domain_info('perl.com')->{status});

# what Net::EPP::Simple has no method for
my $poll = $epp->request(Net::EPP::Frame::Command::Poll::Req->new);
step('poll', { code => 0 + $poll->code, text => $poll->getNode($EPP, 'msg') && $poll->getNode($EPP, 'msgQ')->textContent });
my $ack = Net::EPP::Frame::Command::Poll::Ack->new;
$ack->setMsgID($poll->getNode($EPP, 'msgQ')->getAttribute('id'));
step('ack', 0 + $epp->request($ack)->code);
step('poll empty', 0 + $epp->request(Net::EPP::Frame::Command::Poll::Req->new)->code);
step('hello', ref $epp->request(Net::EPP::Frame::Hello->new));

step('delete', $epp->delete_domain('perl.com'));
step('info gone', $epp->domain_info('perl.com'));
step('logout', $epp->logout);
