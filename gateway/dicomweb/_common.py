"""Transactions that no DICOM object takes part in: PS3.18 8.9 and 8.10, and what is not DICOMweb at all.

The Send Event Report transaction (8.10.5, 11.13) is missing on purpose: its messages are frames on a
WebSocket that is already open, so no HTTP response exists that could be wrong.
"""

from gateway.dicomweb._transaction import Transaction, template, when

COMMON: tuple[Transaction, ...] = (
    # 8.9. Editions before 2019 also had OPTIONS on every resource; most servers implement it for CORS only.
    Transaction(
        id="capabilities.retrieve",
        family="capabilities",
        service="common",
        name="Retrieve Capabilities",
        section="8.9",
        templates=(template("OPTIONS", "/"),),
        success_body="required",
        media_types=("application/vnd.sun.wadl+xml", "application/json"),
        responses=when(
            {
                200: "The description of the service is in the payload.",
                204: "Success without a description (editions before 2019).",
                304: "If-None-Match matched; never without that field.",
                400: "The request is faulty.",
                406: "Neither WADL nor JSON is acceptable.",
            }
        ),
    ),
    # Not DICOM, but browsers need a success here before they send the real request.
    Transaction(
        id="cors.preflight",
        family="preflight",
        service="cors",
        name="CORS preflight",
        section="none",
        templates=(template("OPTIONS", "/{any*}"),),
        success_body="none",
        responses=when({200: "The CORS layer answered.", 204: "The CORS layer answered."}),
    ),
    # 8.10.4. 101 is in neither N.7-88 nor 8.5-1 and still has to pass.
    Transaction(
        id="notification.open",
        family="notification",
        service="common",
        name="Open Notification Connection",
        section="8.10.4",
        templates=(
            template("GET", "/"),
            template("GET", "/subscribers/{aetitle}"),  # editions up to 2019a, and again 2026b
            template("GET", "/ws/subscribers/{aetitle}"),  # dcm4chee
        ),
        success_body="forbidden",
        responses=when({101: "The connection is now a WebSocket.", 400: "The request is faulty."}),
    ),
    # SOAP binds the code to what the envelope says, so nobody may change it.
    Transaction(
        id="ws.retrieve",
        family="ws",
        service="ws",
        name="WADO-WS (SOAP, retired)",
        section="retired in 2019b",
        templates=(template("POST", "/{any*}"),),
        success_body="none",
        responses=when({200: "The SOAP answer.", 500: "A SOAP fault."}),
    ),
    # Viewers, admin pages, vendor extensions, FHIR.
    Transaction(
        id="other",
        family="other",
        service="other",
        name="Anything else behind the same host",
        section="none",
        templates=(template("*", "/{any*}"),),
        success_body="none",
        responses=when({}),
    ),
)
