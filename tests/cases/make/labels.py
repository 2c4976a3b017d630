"""The words of the statutory form, as it prints them: rows, columns, groups and headings of both generations.

The keys are those of the record. A draft may print other words for a key; these are the form's own.
"""

from __future__ import annotations

HEADINGS = {
    1: ("overview", "总体情况"),
    2: ("proactive", "主动公开政府信息情况"),
    3: ("applications", "收到和处理政府信息公开申请情况"),
    4: ("review_litigation", "政府信息公开行政复议、行政诉讼情况"),
    5: ("problems", "存在的主要问题及改进情况"),
    6: ("other_matters", "其他需要报告的事项"),
}
NUMERALS = "〇一二三四五六七八九十"

# Table II: article, its header and its rows, by generation of the form.
PROACTIVE = {
    "2019": (
        ("第二十条第（一）项", ("newly_made", "newly_disclosed", "total_disclosed"), ("rules", "normative_documents")),
        ("第二十条第（五）项", ("prior_year_items", "change", "decisions"), ("licensing", "other_services")),
        ("第二十条第（六）项", ("prior_year_items", "change", "decisions"), ("penalties", "coercive_measures")),
        ("第二十条第（八）项", ("prior_year_items", "change"), ("fees",)),
        ("第二十条第（九）项", ("items", "amount"), ("procurement",)),
    ),
    "2021": (
        ("第二十条第（一）项", ("issued", "repealed", "in_force"), ("rules", "normative_documents")),
        ("第二十条第（五）项", ("decisions",), ("licensing",)),
        ("第二十条第（六）项", ("decisions",), ("penalties", "coercive_measures")),
        ("第二十条第（八）项", ("amount",), ("fees",)),
    ),
}
PROACTIVE_ROWS = {
    "rules": "规章",
    "normative_documents": "行政规范性文件",
    "licensing": "行政许可",
    "other_services": "其他对外管理服务事项",
    "penalties": "行政处罚",
    "coercive_measures": "行政强制",
    "fees": "行政事业性收费",
    "procurement": "政府集中采购",
}
PROACTIVE_COLUMNS = {
    "newly_made": "本年新制作数量",
    "newly_disclosed": "本年新公开数量",
    "total_disclosed": "对外公开总数量",
    "issued": "本年制发件数",
    "repealed": "本年废止件数",
    "in_force": "现行有效件数",
    "prior_year_items": "上一年项目数量",
    "change": "本年增/减",
    "decisions": "本年处理决定数量",
    "items": "采购项目数量",
    "amount": "本年收费金额（单位：万元）",
}
# Words that the older form prints otherwise.
PROACTIVE_COLUMNS_2019 = {"decisions": "处理决定数量", "amount": "采购总金额"}
PROACTIVE_ROWS_2019 = {"normative_documents": "规范性文件"}

# Table III: row key → label and the group it stands in.
RESULT = "三、本年度办理结果"
CORNER = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
GROUPS = {
    "refused": "（三）不予公开",
    "unavailable": "（四）无法提供",
    "not_processed": "（五）不予处理",
    "other": "（六）其他处理",
}
APPLICATION_ROWS = {
    "received": "一、本年新收政府信息公开申请数量",
    "carried_in": "二、上年结转政府信息公开申请数量",
    "granted": "（一）予以公开",
    "partly_granted": "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
    "refused.state_secret": "1.属于国家秘密",
    "refused.law_forbids": "2.其他法律行政法规禁止公开",
    "refused.safety_stability": "3.危及“三安全一稳定”",
    "refused.third_party": "4.保护第三方合法权益",
    "refused.internal_affairs": "5.属于三类内部事务信息",
    "refused.deliberative": "6.属于四类过程性信息",
    "refused.enforcement_file": "7.属于行政执法案卷",
    "refused.administrative_query": "8.属于行政查询事项",
    "unavailable.not_held": "1.本机关不掌握相关政府信息",
    "unavailable.needs_creation": "2.没有现成信息需要另行制作",
    "unavailable.still_unclear": "3.补正后申请内容仍不明确",
    "not_processed.petition": "1.信访举报投诉类申请",
    "not_processed.repeated": "2.重复申请",
    "not_processed.publication": "3.要求提供公开出版物",
    "not_processed.abusive": "4.无正当理由大量反复申请",
    "not_processed.reconfirmation": "5.要求行政机关确认或重新出具已获取信息",
    "other": "（六）其他处理",
    "other.uncorrected": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "other.unpaid": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "other.other": "3.其他",
    "processed_total": "（七）总计",
    "carried_out": "四、结转下年度继续办理",
}
OUTER_ROWS = ("received", "carried_in", "carried_out")
OTHER_LINES = ("other.uncorrected", "other.unpaid", "other.other")
ORGANISATIONS = "法人或其他组织"
APPLICANTS = "申请人情况"
APPLICATION_COLUMNS = {
    "natural_person": "自然人",
    "enterprise": "商业企业",
    "research": "科研机构",
    "public_interest": "社会公益组织",
    "legal_service": "法律服务机构",
    "other": "其他",
    "total": "总计",
}

# Table IV: three column groups, which are the record's rows.
REVIEW_ROWS = {"review": "行政复议", "litigation_direct": "未经复议直接起诉", "litigation_after_review": "复议后起诉"}
LITIGATION = "行政诉讼"
REVIEW_COLUMNS = {
    "upheld": "结果维持",
    "corrected": "结果纠正",
    "other": "其他结果",
    "pending": "尚未审结",
    "total": "总计",
}


def outcome_rows(form: str) -> tuple[str, ...]:
    """The rows that add up to 总计, as the form of ``form`` ("2019" or "2021") has them."""
    left_out = OTHER_LINES if form == "2019" else ("other",)
    return tuple(row for row in APPLICATION_ROWS if row not in (*OUTER_ROWS, "processed_total", *left_out))


def application_rows(form: str) -> tuple[str, ...]:
    """All rows of table III in the order the form of ``form`` prints them."""
    left_out = OTHER_LINES if form == "2019" else ("other",)
    return tuple(row for row in APPLICATION_ROWS if row not in left_out)
