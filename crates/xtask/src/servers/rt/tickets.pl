# Prints every ticket as RT's own interface gives it out: one JSON array, contents in base64.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
use JSON;
use MIME::Base64;
RT->LoadConfig;
RT->Init;

sub message {
    my $transaction = shift;
    my ($id, @parts);
    my $attachments = $transaction->Attachments;
    $attachments->OrderBy(FIELD => 'id');
    while (my $attachment = $attachments->Next) {
        $id = $attachment->MessageId unless $attachment->Parent;
        next unless defined $attachment->Content;
        push @parts, {
            name => $attachment->Filename,
            type => $attachment->ContentType,
            base64 => encode_base64($attachment->OriginalContent, ''),
        };
    }
    return { id => $id, creator => $transaction->CreatorObj->EmailAddress, parts => \@parts };
}

my $tickets = RT::Tickets->new(RT->SystemUser);
$tickets->FromSQL('id > 0');
$tickets->OrderBy(FIELD => 'id');
my @out;
while (my $ticket = $tickets->Next) {
    my @messages;
    my $transactions = $ticket->Transactions;
    $transactions->OrderBy(FIELD => 'id');
    while (my $transaction = $transactions->Next) {
        push @messages, message($transaction) if $transaction->Type =~ /^(?:Create|Correspond|Comment)$/;
    }
    my @requestors = $ticket->Requestors->MemberEmailAddresses;
    push @out, {
        subject => $ticket->Subject, queue => $ticket->QueueObj->Name, requestors => \@requestors, messages => \@messages,
    };
}
print JSON->new->utf8->encode(\@out);
