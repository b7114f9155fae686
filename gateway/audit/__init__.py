"""The audit trail of DICOM PS3.15: who asked for what, for the collector of the hospital and for nobody else."""
