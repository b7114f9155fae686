"""The coded words of audit messages: DICOM PS3.16 CID 400, 402 and 403, and the identifier types of PS3.15 A.5.1.2.4."""

from dataclasses import dataclass

DCM = "DCM"
RFC_3881 = "RFC-3881"


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a code system, with its meaning."""

    value: str
    meaning: str
    system: str = DCM


# What happened (CID 400).
APPLICATION_ACTIVITY = Code("110100", "Application Activity")
INSTANCES_ACCESSED = Code("110103", "DICOM Instances Accessed")
INSTANCES_TRANSFERRED = Code("110104", "DICOM Instances Transferred")
STUDY_DELETED = Code("110105", "DICOM Study Deleted")
PROCEDURE_RECORD = Code("110111", "Procedure Record")
QUERY = Code("110112", "Query")
SECURITY_ALERT = Code("110113", "Security Alert")

# Of which type it was (CID 401 and 403).
APPLICATION_START = Code("110120", "Application Start")
APPLICATION_STOP = Code("110121", "Application Stop")
NODE_AUTHENTICATION = Code("110126", "Node Authentication")
RESTRICTED_FUNCTION = Code("110132", "Use of Restricted Function")

# Who took which part (CID 402).
APPLICATION = Code("110150", "Application")
DESTINATION = Code("110152", "Destination Role ID")
SOURCE = Code("110153", "Source Role ID")

# What identifies an object.
STUDY_INSTANCE_UID = Code("110180", "Study Instance UID")
URI = Code("12", "URI", RFC_3881)
