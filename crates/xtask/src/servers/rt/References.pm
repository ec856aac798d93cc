# RT finds a ticket by the tag in the subject alone. As its filters for References do, this one looks for the ticket that
# holds a message named there, and writes the tag.
package RT::Interface::Email::Filter::References;
use strict;
use warnings;
use Role::Basic 'with';
with 'RT::Interface::Email::Role';

sub BeforeDecode {
    my %args = @_;
    my $head = $args{Message}->head;
    my $subject = Encode::decode('UTF-8', $head->get('Subject') // '');
    chomp $subject;
    return if RT::Interface::Email::ParseTicketId($subject);
    for my $id (map { /<([^<>\s]+)>/g } grep { defined } $head->get('In-Reply-To'), $head->get('References')) {
        my $attachments = RT::Attachments->new(RT->SystemUser);
        $attachments->Limit(FIELD => 'MessageId', VALUE => $id);
        my $found = $attachments->First or next;
        my $ticket = $found->TransactionObj->Object;
        next unless $ticket->isa('RT::Ticket');
        my $tag = RT->Config->Get('rtname');
        $head->replace(Subject => Encode::encode('UTF-8', "[$tag #" . $ticket->Id . "] $subject"));
        return;
    }
}

1;
