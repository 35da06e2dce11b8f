"""What does the record say?

draft -> completeness -> xml_record (names: the one table; schema, safe_xml) -> view; correction
makes the next version, catalogue the ministry's reporting columns.
"""
