# Everyone may open tickets in the queue General and write to them, as RT's manual tells for mail.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
RT->LoadConfig;
RT->Init;
my $queue = RT::Queue->new(RT->SystemUser);
$queue->Load('General') or die 'no queue General';
my $everyone = RT::Group->new(RT->SystemUser);
$everyone->LoadSystemInternalGroup('Everyone') or die 'no group Everyone';
for my $right (qw(CreateTicket ReplyToTicket)) {
    my ($done, $why) = $everyone->PrincipalObj->GrantRight(Right => $right, Object => $queue);
    die $why unless $done;
}
