"""洛阳市涧西区人民政府 (410305)."""

from crawler.portals.spider import PortalSpider


class JianxiSpider(PortalSpider):
    name = "jianxi"
    body = "洛阳市涧西区人民政府"
    division_code = "410305"
    addresses = ("http://www.jianxi.gov.cn/",)
