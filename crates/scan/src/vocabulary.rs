//! The words that rules, policy and findings share: classes of data and the actions that answer them.

use std::fmt;

/// What happens to what was found, ordered from mildest to strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Action {
    /// Nothing is done.
    #[default]
    Allow,
    /// Shown to the agent as a fact; nothing is taken out.
    Flag,
    /// The value is replaced by a mark.
    Redact,
    /// The part that holds it is left out of the ticket; the mail passes.
    Withhold,
    /// The whole message is sealed; the ticket is a stub.
    Quarantine,
    /// The whole message is refused; the ticket is a stub of kinds and counts.
    Reject,
}

impl Action {
    /// Every action, mildest first.
    pub const ALL: [Action; 6] =
        [Action::Allow, Action::Flag, Action::Redact, Action::Withhold, Action::Quarantine, Action::Reject];

    /// The word used in policy files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Allow => "allow",
            Action::Flag => "flag",
            Action::Redact => "redact",
            Action::Withhold => "withhold",
            Action::Quarantine => "quarantine",
            Action::Reject => "reject",
        }
    }

    /// The action that a policy file names, if it is one.
    pub fn from_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|a| a.as_str() == name)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! classes {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// A class of data; the policy names every class exactly once.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class { $(#[doc = $doc] $variant,)* }

        impl Class {
            /// Every class, in the order of the documentation.
            pub const ALL: &'static [Class] = &[$(Class::$variant,)*];

            /// The word used in rules, policy and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Class::$variant => $name,)* }
            }
        }
    };
}

classes! {
    CreditCard = "credit_card", "Payment card number or security code.";
    Iban = "iban", "International bank account number (ISO 13616).";
    BankAccount = "bank_account", "Domestic bank account or routing number.";
    NationalId = "national_id", "Number by which a state identifies a person.";
    TaxId = "tax_id", "Number by which a tax office identifies a person.";
    CompanyId = "company_id", "Number by which a company is registered.";
    HealthId = "health_id", "Number of a patient or health insurance.";
    Passport = "passport", "Passport number.";
    DriverLicense = "driver_license", "Driving licence number.";
    VehiclePlate = "vehicle_plate", "Registration plate of a vehicle.";
    Phone = "phone", "Telephone number.";
    Email = "email", "E-mail address.";
    Address = "address", "Street address.";
    PostalCode = "postal_code", "Postal code.";
    Person = "person", "Name of a person.";
    Date = "date", "A date.";
    DateOfBirth = "date_of_birth", "Date of birth.";
    Age = "age", "Age of a person.";
    IpAddress = "ip_address", "IP address.";
    MacAddress = "mac_address", "Hardware address.";
    Url = "url", "URL.";
    CryptoAddress = "crypto_address", "Address or seed of a crypto currency.";
    Secret = "secret", "Password, key, token or other credential.";
    StudentRecord = "student_record", "Record or number of a pupil or student.";
    BulkRecords = "bulk_records", "Records of many people in one part.";
    Custom = "custom", "What an operator's own rule looks for.";
}

impl Class {
    /// The class that a file names, if it is one.
    pub fn from_name(name: &str) -> Option<Class> {
        Class::ALL.iter().copied().find(|c| c.as_str() == name)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
